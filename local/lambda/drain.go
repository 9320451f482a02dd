package lambda

import "context"

// drain refuses new invocations and waits until none is in flight, or the context has ended.
func (f *Function) drain(ctx context.Context) {
	f.mu.Lock()
	f.closed = true
	f.drained = make(chan struct{})
	drained := f.drained
	f.settle()
	f.mu.Unlock()
	select {
	case <-drained:
	case <-ctx.Done():
	}
}

// settle reports the end of a drain, once nothing is in flight.
func (f *Function) settle() {
	if f.drained == nil || len(f.waiting) > 0 {
		return
	}
	for p := range f.all {
		if p.current != nil {
			return
		}
	}
	close(f.drained)
	f.drained = nil
}

// end kills every process and waits until all have ended. Those that registered for SIGTERM get it first.
func (f *Function) end(ctx context.Context) {
	f.mu.Lock()
	f.closed = true
	processes := make([]*process, 0, len(f.all))
	for p := range f.all {
		processes = append(processes, p)
	}
	for _, i := range f.waiting {
		i.finish(result{err: ErrClosed})
	}
	f.waiting = nil
	f.mu.Unlock()
	for _, p := range processes {
		go p.end(ctx)
	}
	for _, p := range processes {
		<-p.exited
	}
}
