package invoke

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/annals-es/annals/local/lambda"
)

// sent are the events whose answers nobody waits for. A function that fails gets its event twice more; one that is
// throttled gets it later, for six hours. See
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html.
type sent struct {
	log     *slog.Logger
	retries []time.Duration // the waits after a failure
	// pause is the wait after a refusal, at first; it doubles up to longest. age is when an event is given up.
	pause, longest, age time.Duration

	ctx    context.Context //nolint:containedctx // of all events, until close
	cancel context.CancelFunc
	mu     sync.Mutex // keeps events from being added while close waits
	under  sync.WaitGroup
}

func newSent(log *slog.Logger) *sent {
	s := &sent{log: log, retries: []time.Duration{time.Minute, 2 * time.Minute}, pause: time.Second, longest: 5 * time.Minute, age: 6 * time.Hour}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

func (s *sent) add(f Function, event []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() == nil {
		s.under.Go(func() { s.deliver(f, event) })
	}
}

func (s *sent) close() {
	s.mu.Lock()
	s.cancel()
	s.mu.Unlock()
	s.under.Wait()
}

// deliver invokes a function until it has done, failed too often, or been refused for too long.
func (s *sent) deliver(f Function, event []byte) {
	began, failures, pause := time.Now(), 0, s.pause
	for {
		_, err := f.Invoke(s.ctx, event)
		wait := pause
		switch _, failed := errors.AsType[*lambda.FunctionError](err); {
		case err == nil || s.ctx.Err() != nil || errors.Is(err, lambda.ErrClosed):
			return
		case failed && failures == len(s.retries), !failed && time.Since(began)+wait > s.age:
			s.log.ErrorContext(s.ctx, "an event was given up: the function did not take it", "function", f.Name, "failures", failures, "error", err)
			return
		case failed:
			wait = s.retries[failures]
			failures++
		default:
			pause = min(2*pause, s.longest)
		}
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}
