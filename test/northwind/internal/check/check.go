// Package check compares the answers of the service's queries with the figures that the Northwind files give. Start
// with [Checker.Run].
package check

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/annals-es/annals/test/northwind/internal/client"
	"github.com/annals-es/annals/test/northwind/internal/expect"
)

// Checker compares. All fields but Note are required.
type Checker struct {
	Client   *client.Client
	Want     expect.Figures
	Stores   []string      // the stores of read models that the service has besides DynamoDB
	AtOnce   int           // concurrent queries, at least 1
	Every    time.Duration // the pause between two comparisons
	Patience time.Duration // how long to wait without any change of a figure; 0 compares once
	Limit    time.Duration // how long to wait in all
	Note     func(string)  // receives messages while waiting; may be nil
}

// Result describes a comparison that found no difference.
type Result struct {
	Figures int      // how many figures the last round compared
	Foreign []string // orders and products that only the service has; they are not compared
}

// Run compares each subject until it was equal once. Then it compares all of them once more, so that it also finds a
// figure that was right and changed again.
//
// Errors: *UnequalError for differences that remain; those of the client.
func (c *Checker) Run(ctx context.Context) (Result, error) {
	all := c.subjects()
	if slices.Contains(c.Stores, "sql") {
		all = append(all, c.bySQL()...)
	}
	if slices.Contains(c.Stores, "search") {
		all = append(all, c.bySearch()...)
	}
	if slices.Contains(c.Stores, "cache") {
		all = append(all, c.byCache()...)
	}
	if err := c.wait(ctx, all); err != nil {
		return Result{}, err
	}
	sheets, err := c.round(ctx, all)
	if err != nil {
		return Result{}, err
	}
	if differences := differencesOf(sheets); len(differences) > 0 {
		return Result{}, &UnequalError{Differences: differences, Why: "all had been equal before"}
	}
	var r Result
	for _, s := range sheets {
		r.Figures += s.figures
		r.Foreign = append(r.Foreign, s.foreign...)
	}
	slices.Sort(r.Foreign)
	r.Foreign = slices.Compact(r.Foreign)
	return r, nil
}

// wait compares the subjects until each was equal once.
func (c *Checker) wait(ctx context.Context, pending []subject) error {
	start := time.Now()
	moved, last := start, []Difference(nil)
	for {
		sheets, err := c.round(ctx, pending)
		if err != nil {
			return err
		}
		var still []subject
		for i, s := range sheets {
			if len(s.differences) > 0 {
				still = append(still, pending[i])
			}
		}
		if len(still) == 0 {
			return nil
		}
		now, differences := time.Now(), differencesOf(sheets)
		if last == nil || !slices.Equal(differences, last) {
			moved, last = now, differences
			c.note(fmt.Sprintf("waiting for the read models: %d figures differ, first %s", len(differences), differences[0]))
		}
		switch {
		case now.Sub(moved) >= c.Patience:
			why := fmt.Sprintf("none has changed for %s: the read models lag or are wrong", c.Patience)
			return &UnequalError{Differences: differences, Why: why}
		case now.Sub(start) >= c.Limit:
			return &UnequalError{Differences: differences, Why: fmt.Sprintf("they still change after %s", c.Limit)}
		}
		pending = still
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(c.Every):
		}
	}
}

func (c *Checker) note(line string) {
	if c.Note != nil {
		c.Note(line)
	}
}
