package es

import (
	"context"
	"sync"
	"time"
)

// pace distributes a rate of read units over the segments of a scan. A page's cost is known only after it was read. So
// a segment reserves the cost of the previous page and corrects it afterwards. (golang.org/x/time/rate needs the cost
// in advance, in whole units, at most one burst.)
type pace struct {
	perSecond float64       // 0 = no limit
	first     chan struct{} // a lock with a first-come, first-served queue; its holder waits for units

	mu       sync.Mutex
	free     time.Time // when the units reserved so far are used up
	expected float64
}

// pageUnits is the cost of a strongly consistent page of 1 MB.
const pageUnits = 256

func newPace(cfg AllConfig) *pace {
	p := &pace{perSecond: cfg.UnitsPerSecond, expected: pageUnits, first: make(chan struct{}, 1)}
	if !cfg.Consistent {
		p.expected /= 2
	}
	return p
}

// turn waits until a page may be read, and returns the number of units that it reserved for it.
func (p *pace) turn(ctx context.Context) (expected float64, err error) {
	if p.perSecond == 0 {
		return 0, ctx.Err()
	}
	select {
	case p.first <- struct{}{}:
		defer func() { <-p.first }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	for {
		wait, expected := p.try(time.Now())
		if wait == 0 {
			return expected, ctx.Err()
		}
		// Check again at least this often: the previous page may turn out cheaper than expected.
		timer := time.NewTimer(min(wait, 50*time.Millisecond))
		select {
		case <-ctx.Done():
			timer.Stop()
			return 0, ctx.Err()
		case <-timer.C:
		}
	}
}

// try reserves units if it can, else returns how long to wait.
func (p *pace) try(now time.Time) (wait time.Duration, expected float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait := p.free.Sub(now); wait > 0 {
		return wait, 0
	}
	p.free = now
	p.pay(p.expected)
	return 0, p.expected
}

// spent replaces the expected cost of a page with its actual cost.
func (p *pace) spent(expected, units float64) {
	if p.perSecond == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pay(units - expected)
	if units > 0 { // only the first of several pages cut from one answer has a cost
		p.expected = units
	}
}

func (p *pace) pay(units float64) {
	p.free = p.free.Add(time.Duration(units / p.perSecond * float64(time.Second)))
}
