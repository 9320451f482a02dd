package projection

import (
	"context"
	"math"
	"sync"
	"time"
)

// pace limits the rate of writes. Throttling halves the rate; each second without throttling raises it by a tenth.
type pace struct {
	most float64 // writes a second; 0 = no limit

	mu      sync.Mutex
	rate    float64 // 0 = no limit
	slowed  time.Time
	next    time.Time // when the next write may be made
	written int       // since the field since
	since   time.Time
	recent  float64 // writes a second, in the period before since
}

func newPace(c RebuildConfig) *pace { return &pace{most: c.WritesPerSecond, rate: c.WritesPerSecond} }

// spend waits until that many writes may be made.
func (p *pace) spend(ctx context.Context, writes int) error {
	p.mu.Lock()
	now := time.Now()
	p.quicken(now)
	p.written += writes
	wait := time.Duration(0)
	if p.rate > 0 {
		if p.next.Before(now) {
			p.next = now
		}
		wait = p.next.Sub(now)
		p.next = p.next.Add(time.Duration(float64(writes) / p.rate * float64(time.Second)))
	}
	p.mu.Unlock()
	return sleep(ctx, wait)
}

// quicken raises the rate again after throttling.
func (p *pace) quicken(now time.Time) {
	if p.since.IsZero() {
		p.since = now
	}
	elapsed := now.Sub(p.since).Seconds()
	if elapsed < 1 {
		return
	}
	p.recent = float64(p.written) / elapsed
	p.written, p.since = 0, now
	if p.slowed.IsZero() {
		return
	}
	p.rate *= math.Pow(1.1, elapsed)
	switch enough := 2 * p.recent; {
	case p.most > 0 && p.rate >= p.most:
		p.rate, p.slowed = p.most, time.Time{}
	case p.most == 0 && p.rate > enough: // the limit is no longer reached
		p.rate, p.slowed = 0, time.Time{}
	}
}

// slow halves the rate at which writes were really made, and waits for a moment.
func (p *pace) slow(ctx context.Context) error {
	p.mu.Lock()
	now := time.Now()
	if now.Sub(p.slowed) > time.Second { // requests that were throttled together halve it once
		real := p.recent
		if elapsed := now.Sub(p.since).Seconds(); elapsed > 0.5 || real == 0 {
			real = float64(p.written) / max(elapsed, 0.1)
		}
		if p.rate == 0 || real < p.rate {
			p.rate = real
		}
		p.rate, p.slowed = max(p.rate/2, 1), now
		p.written, p.since = 0, now
	}
	p.mu.Unlock()
	return sleep(ctx, 100*time.Millisecond)
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
