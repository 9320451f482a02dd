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
	// Segments is how many segments are scanned in parallel. Default: len(From), or 1 if From is empty.
	Segments int
	// From holds one start position per segment, as returned by an earlier All or found in a page's Next. If nil, All
	// scans everything.
	From []Position
	// UnitsPerSecond limits the read units that all segments together consume per second, on average. A page's cost is
	// known only after it was read, so the next page waits accordingly. 0 = no limit.
	UnitsPerSecond float64
	// Limit and Consistent are passed to each [Segment]. Small pages keep a low rate more even.
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
		return c, fmt.Errorf("scan: %d segments, %d positions, %v units per second: "+
			"give one position per segment and no negative numbers", c.Segments, len(c.From), c.UnitsPerSecond)
	}
	for i := range c.From { // check all positions before reading anything
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

// All reads all streams, in parallel by segment, and calls visit for every page. Calls for one segment follow each
// other; calls for different segments run concurrently. All holds one page per segment in memory at a time.
//
// All returns one position per segment: the end of the last page for which visit returned nil. Pass these positions as
// AllConfig.From to continue an interrupted scan. If the process may end during the scan, let visit save each page's
// Next together with its result: then no page is lost, and at most one page per segment is visited twice.
//
// Errors: the first error of visit or of the scan, which stops all segments; those of [Scanner].
func All(
	ctx context.Context, s Scanner, cfg AllConfig, visit func(ctx context.Context, segment int, page ScanPage) error,
) ([]Position, error) {
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

// all is a running scan of all segments. From holds the positions reached so far.
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
