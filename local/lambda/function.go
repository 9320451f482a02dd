package lambda

import (
	"context"
	"slices"
	"sync"
)

// Function is a pool of processes.
type Function struct {
	Config
	host *Host

	mu       sync.Mutex
	all      map[*process]struct{}
	idle     []*process    // the one used last comes last
	waiting  []*invocation // for a process, in order of arrival
	starting int           // processes that have not asked for work yet
	closed   bool
	counts   Counts
	drained  chan struct{} // made by drain; closed when nothing is in flight
}

// Counts is how often a function was invoked and how often it was throttled, since the runner started.
type Counts struct {
	Invocations int64 `json:"invocations"`
	Throttled   int64 `json:"throttled"`
}

// Counts returns the function's counts.
func (f *Function) Counts() Counts {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts
}

// Invoke runs the function on an event and returns its answer. If all processes are busy, it waits for one.
//
// Errors: [*FunctionError] if the invocation failed; [ErrThrottled], without waiting; [ErrPayloadTooLarge];
// [ErrClosed]; the context's error if it ended first. As on Lambda, an invocation that has started then continues.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if len(payload) > maxPayload {
		return nil, ErrPayloadTooLarge
	}
	i := newInvocation(payload)
	if err := f.submit(i); err != nil {
		return nil, err
	}
	select {
	case r := <-i.done:
		return r.payload, r.err
	case <-ctx.Done():
		f.abandon(i)
		return nil, ctx.Err()
	}
}

func (f *Function) submit(i *invocation) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return ErrClosed
	}
	if f.inFlight() >= f.Concurrency {
		f.counts.Throttled++
		return ErrThrottled
	}
	f.counts.Invocations++
	if last := len(f.idle) - 1; last >= 0 {
		p := f.idle[last]
		f.idle = f.idle[:last]
		f.assign(p, i)
		return nil
	}
	f.waiting = append(f.waiting, i)
	f.grow()
	return nil
}

// inFlight counts the invocations that are running or wait for a process.
func (f *Function) inFlight() int {
	n := len(f.waiting)
	for p := range f.all {
		if p.current != nil {
			n++
		}
	}
	return n
}

// abandon removes an invocation from the queue, if it is still there.
func (f *Function) abandon(i *invocation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = slices.DeleteFunc(f.waiting, func(w *invocation) bool { return w == i })
	f.settle()
}
