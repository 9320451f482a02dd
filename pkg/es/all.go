package es

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// AllConfig adjusts [All]. The zero value takes the defaults.
type AllConfig struct {
	// Segments is how many segments are scanned at once. Default as many as there are in From, else 1.
	Segments int
	// From are the positions to start from, one a segment, as an earlier All or its pages gave them. nil = all of it.
	From []Position
	// UnitsPerSecond is the most read units that all segments together consume in a second, on average: a page's cost is
	// known when it is there, and the next waits accordingly. 0 = no limit.
	UnitsPerSecond float64
	// Limit and Consistent are those of each [Segment]. A low rate is kept more evenly with small pages.
	Limit      int
	Consistent bool
}

func (c AllConfig) withDefaults() (AllConfig, error) {
	if c.Segments == 0 {
		c.Segments = max(len(c.From), 1)
	}
	if c.From == nil && c.Segments > 0 {
		c.From = make([]Position, c.Segments)
	}
	if c.Segments < 0 || len(c.From) != c.Segments || c.UnitsPerSecond < 0 {
		return c, fmt.Errorf("scan: %d segments from %d positions with %v units a second: want a position for each segment, and no negative number",
			c.Segments, len(c.From), c.UnitsPerSecond)
	}
	for i := range c.From { // all of them before anything is read
		if err := c.segment(i).check(); err != nil {
			return c, err
		}
	}
	c.From = slices.Clone(c.From)
	return c, nil
}

func (c AllConfig) segment(i int) Segment {
	return Segment{Index: i, Of: c.Segments, After: c.From[i], Limit: c.Limit, Consistent: c.Consistent}
}

// All reads all streams, in parallel by segments, and calls visit for every page: for the pages of one segment one after
// the other, for different segments at once. One page a segment is in memory at a time.
//
// All returns where each segment stands: after its last page that visit took without an error. From there All goes on
// where it was interrupted. Where the process itself may end, visit keeps the page's Next together with what it made of
// the page; then nothing is lost, and at most one page of each segment is visited again.
//
// Errors: the first error of visit or of the scan, which ends all segments; those of [Scanner].
func All(ctx context.Context, s Scanner, cfg AllConfig, visit func(ctx context.Context, segment int, page ScanPage) error) ([]Position, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a := all{AllConfig: cfg, scanner: s, visit: visit, pace: newPace(cfg)}
	errs := make([]error, cfg.Segments)
	var running sync.WaitGroup
	for i := range cfg.Segments {
		running.Go(func() {
			if errs[i] = a.scan(ctx, i); errs[i] != nil {
				cancel(errs[i])
			}
		})
	}
	running.Wait()
	if errors.Join(errs...) != nil {
		return a.From, context.Cause(ctx)
	}
	return a.From, nil
}

// all is a scan of all segments on its way. From are the positions reached.
type all struct {
	AllConfig
	scanner Scanner
	visit   func(context.Context, int, ScanPage) error
	pace    *pace
}

// scan scans one segment to its end.
func (a *all) scan(ctx context.Context, i int) error {
	if a.From[i] == End {
		return nil
	}
	expected, err := a.pace.turn(ctx)
	if err != nil {
		return err
	}
	for page, err := range a.scanner.Scan(ctx, a.segment(i)) {
		if err != nil {
			return err
		}
		a.pace.spent(expected, page.Units)
		if err := a.visit(ctx, i, page); err != nil {
			return err
		}
		if a.From[i] = page.Next; page.Next == End {
			return nil
		}
		if expected, err = a.pace.turn(ctx); err != nil {
			return err
		}
	}
	return nil
}
