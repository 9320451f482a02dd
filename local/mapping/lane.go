package mapping

import (
	"context"
	"sync"
	"time"
)

// maxEvent is Lambda's limit for an event. The margin leaves room for the JSON around the records.
const (
	maxEvent    = 6 << 20
	eventMargin = 1 << 10
)

// lane processes its share of a shard's records, one batch after the other.
type lane struct {
	*shard
	mu     sync.Mutex
	queue  []*entry
	closed bool
	more   chan struct{} // has one element when something was added
}

func newLane(s *shard) *lane { return &lane{shard: s, more: make(chan struct{}, 1)} }

func (l *lane) push(e *entry) {
	l.mu.Lock()
	l.queue = append(l.queue, e)
	l.mu.Unlock()
	l.signal()
}

// close marks the end: no records will be added.
func (l *lane) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.signal()
}

func (l *lane) signal() {
	select {
	case l.more <- struct{}{}:
	default:
	}
}

func (l *lane) run(ctx context.Context) {
	for {
		batch := l.next(ctx)
		if len(batch) == 0 {
			return
		}
		l.process(ctx, batch, 0)
	}
}

// next waits for a batch: a full one, or what arrived within the window. If it returns none, the lane has ended.
func (l *lane) next(ctx context.Context) []*entry {
	var window <-chan time.Time
	for expired := false; ctx.Err() == nil; {
		l.mu.Lock()
		n, full := l.fits()
		ended := l.closed && n == 0
		if full || n > 0 && (l.Window == 0 || expired || l.closed) {
			batch := l.queue[:n:n]
			l.queue = l.queue[n:]
			l.mu.Unlock()
			return batch
		}
		l.mu.Unlock()
		if ended {
			return nil
		}
		if n > 0 && window == nil {
			window = time.After(l.Window)
		}
		select {
		case <-l.more:
		case <-window:
			expired = true
		case <-ctx.Done():
		}
	}
	return nil
}

// fits returns how many of the waiting records make a batch, and whether the batch is full.
func (l *lane) fits() (n int, full bool) {
	size := len(l.Stream) + eventMargin
	for _, e := range l.queue {
		if n == l.BatchSize {
			return n, true
		}
		if size += len(e.JSON) + l.overhead(); size > maxEvent && n > 0 {
			return n, true
		}
		n++
	}
	return n, n == l.BatchSize
}

// overhead is how many bytes newEvent adds to a record.
func (l *lane) overhead() int { return len(`,"eventSourceARN":""`) + len(l.Stream) + len(",") }
