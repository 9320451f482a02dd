package invoke

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/annals-es/annals/local/lambda"
)

// sent are the events of asynchronous invocations. If a function fails, its event is sent twice more. If it is
// throttled, the event is sent again for six hours. See
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html.
type sent struct {
	log     *slog.Logger
	retries []time.Duration // the waits after a failure
	// pause is the wait after the first throttled attempt. It doubles up to longest. An event older than age is given
	// up.
	pause, longest, age time.Duration

	ctx    context.Context //nolint:containedctx // of all events, until close
	cancel context.CancelFunc
	mu     sync.Mutex // prevents that events are added while close waits
	under  sync.WaitGroup
}

func newSent(log *slog.Logger) *sent {
	s := &sent{
		log:     log,
		retries: []time.Duration{time.Minute, 2 * time.Minute},
		pause:   time.Second,
		longest: 5 * time.Minute,
		age:     6 * time.Hour,
	}
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

// deliver invokes a function until it succeeds, has failed too often, or was throttled for too long.
func (s *sent) deliver(f Function, event []byte) {
	began, failures, pause := time.Now(), 0, s.pause
	for {
		_, err := f.Invoke(s.ctx, event)
		wait := pause
		switch _, failed := errors.AsType[*lambda.FunctionError](err); {
		case err == nil || s.ctx.Err() != nil || errors.Is(err, lambda.ErrClosed):
			return
		case failed && failures == len(s.retries), !failed && time.Since(began)+wait > s.age:
			s.log.ErrorContext(s.ctx, "an asynchronous event was given up: its function did not succeed",
				"function", f.Name, "failures", failures, "error", err)
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
