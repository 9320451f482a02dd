// Package check compares what the service's queries answer with what the Northwind files say, once the read models have caught up.
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
	AtOnce   int           // queries at a time, at least 1
	Every    time.Duration // between two looks at what still differs
	Patience time.Duration // without any figure moving; 0 looks once
	Limit    time.Duration // in all, for figures that move and never arrive
	Note     func(string)  // told while waiting; nil: nobody
}

// Result is what a comparison that found no difference went through.
type Result struct {
	Figures int      // compared, at the last look
	Foreign []string // orders and products that the service also has and the files do not: not compared
}

// Run looks at everything until each subject has been equal once, then at all of it once more, so that a figure that runs past its right
// value is seen too. Differences that remain are an *UnequalError.
func (c *Checker) Run(ctx context.Context) (Result, error) {
	all := c.subjects()
	if err := c.wait(ctx, all); err != nil {
		return Result{}, err
	}
	sheets, err := c.round(ctx, all)
	if err != nil {
		return Result{}, err
	}
	if differences := differencesOf(sheets); len(differences) > 0 {
		return Result{}, &UnequalError{Differences: differences, Why: "they had been equal before"}
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

// wait looks at the subjects until each was equal once.
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
			return &UnequalError{Differences: differences, Why: fmt.Sprintf("none has moved for %s: they lag or are wrong", c.Patience)}
		case now.Sub(start) >= c.Limit:
			return &UnequalError{Differences: differences, Why: fmt.Sprintf("they still move after %s", c.Limit)}
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
