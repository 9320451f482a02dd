package es

import (
	"context"
	"sync"
	"time"
)

// pace shares a number of units a second between the segments of a scan. What a page costs is known only when it is there:
// a segment takes its turn for what the page before it cost, and puts that right afterwards. (golang.org/x/time/rate wants
// the cost first, in whole units of at most a burst.)
type pace struct {
	perSecond float64       // 0 = no limit
	first     chan struct{} // held by whoever waits for the next turn; the others queue for it, first come, first served

	mu       sync.Mutex
	free     time.Time // when all units spent or expected so far are paid for
	expected float64
}

// pageUnits is what a page of 1 MB costs, strongly consistent.
const pageUnits = 256

func newPace(cfg AllConfig) *pace {
	p := &pace{perSecond: cfg.UnitsPerSecond, expected: pageUnits, first: make(chan struct{}, 1)}
	if !cfg.Consistent {
		p.expected /= 2
	}
	return p
}

// turn waits until there are units for a page, and returns how many it took for it.
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
		// No longer than this without a look: the page in front may cost less than expected.
		timer := time.NewTimer(min(wait, 50*time.Millisecond))
		select {
		case <-ctx.Done():
			timer.Stop()
			return 0, ctx.Err()
		case <-timer.C:
		}
	}
}

// try takes units if there are any, else says how long it takes until there are.
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

// spent replaces what a page was expected to cost by what it cost.
func (p *pace) spent(expected, units float64) {
	if p.perSecond == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pay(units - expected)
	if units > 0 { // pages cut from one answer cost nothing
		p.expected = units
	}
}

func (p *pace) pay(units float64) {
	p.free = p.free.Add(time.Duration(units / p.perSecond * float64(time.Second)))
}
