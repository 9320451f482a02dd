package mapping

import (
	"context"
	"sync"
	"time"
)

// pace decides how long to wait after a look that found nothing: a millisecond at first, so that a record is seen at once
// where others were just seen, then longer and longer, so that an idle mapping costs next to nothing.
type pace struct {
	mu    sync.Mutex
	woken chan struct{} // closed by wake
}

const (
	firstWait = time.Millisecond
	lastWait  = 50 * time.Millisecond
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
	next := min(max(2*last, firstWait), lastWait)
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
