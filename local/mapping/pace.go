package mapping

import (
	"context"
	"sync"
	"time"
)

// pace decides how long to wait after a read without records: 1 ms at first, since a record is in the stream about 1 ms
// after its write, then 2 ms and 4 ms. After that it waits for wake, which the runner calls when a function writes to
// the table. Writes by other programs are found within 250 ms.
type pace struct {
	mu    sync.Mutex
	woken chan struct{} // closed by wake
}

const (
	firstWait = time.Millisecond
	manyWaits = 4 * time.Millisecond // the last of those that double
	lastWait  = 250 * time.Millisecond
)

func newPace() *pace { return &pace{woken: make(chan struct{})} }

func (p *pace) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.woken)
	p.woken = make(chan struct{})
}

// look returns the channel that the next wake closes. Call it before reading records, so that no wake is missed.
func (p *pace) look() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.woken
}

// wait waits longer than last, the previous wait, and returns its own. If it was woken, it returns the shortest wait.
func wait(ctx context.Context, woken <-chan struct{}, last time.Duration) time.Duration {
	next := max(2*last, firstWait)
	if next > manyWaits {
		next = lastWait
	}
	timer := time.NewTimer(next)
	defer timer.Stop()
	select {
	case <-timer.C:
		return next
	case <-woken:
		return 0
	case <-ctx.Done():
		return next
	}
}
