package projection

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// leave puts jobs on the queue.
func (e *Engine) leave(ctx context.Context, delay time.Duration, jobs ...Job) error {
	if e.cfg.Queue == nil {
		return errors.New("work must be deferred, but there is no queue: set Config.Queue")
	}
	if err := e.cfg.Queue.Enqueue(ctx, delay, jobs...); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}

// feed yields the delivered commits beyond the checkpoint. If some are missing, it continues with the stream's tail
// from the store, to its end or until errBudget.
func (w *way) feed(ctx context.Context, delivered []*es.Commit) iter.Seq2[*es.Commit, error] {
	return func(yield func(*es.Commit, error) bool) {
		version := w.past()
		for _, commit := range delivered {
			switch {
			case commit.LastVersion() <= version: // done
				continue
			case commit.Version > version+1: // a gap
				w.tail(ctx, version+1, yield)
				return
			}
			if !yield(commit, nil) {
				return
			}
			version = commit.LastVersion()
		}
		if w.m.level || w.m.rest {
			w.tail(ctx, version+1, yield)
		}
	}
}

// tail yields the stream from the store, starting with the commit that contains a version.
func (w *way) tail(ctx context.Context, from int64, yield func(*es.Commit, error) bool) {
	events := 0
	for c, err := range w.Engine.store.Read(ctx, w.stream, es.Range{From: from}) {
		if err != nil {
			yield(nil, err)
			return
		}
		if w.m.level && w.late(ctx) || !w.m.level && w.cfg.Queue != nil && events > w.cfg.Budget {
			yield(nil, errBudget)
			return
		}
		if !yield(&c, nil) {
			return
		}
		events += len(c.Events)
	}
}

// late reports whether so little time is left that the rest should go to the queue.
func (e *Engine) late(ctx context.Context) bool {
	deadline, bounded := ctx.Deadline()
	return bounded && e.cfg.Queue != nil && time.Until(deadline) < e.cfg.DeadlineMargin
}

// untilLate returns a context that ends when [Engine.late] begins to report true.
func (e *Engine) untilLate(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, bounded := ctx.Deadline()
	if !bounded || e.cfg.Queue == nil {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-e.cfg.DeadlineMargin))
}
