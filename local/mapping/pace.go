package mapping

import (
	"context"
	"sync"
	"time"
)

// pace decides how long to wait after a look that found nothing: a millisecond at first, since a record is seen in the stream
// about a millisecond after its write, then twice and four times that. After that it waits to be woken: what functions write is
// told of. What others write is found within a quarter of a second.
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

// look returns what wake closes from now on. Taken before looking for records, so that no wake is missed.
func (p *pace) look() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.woken
}

// wait waits after the given wait and returns the next one to use; the shortest where it was woken.
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
