package projection

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// A stream that ends the process which applies it, or takes all its time, can't be parked afterwards. So a suspect
// stream is parked before it is tried. If the process ends, the stream stays parked. If not, the save removes the mark.

// crashes is how often a suspect stream is tried. It is one more than necessary, because a process may end for another
// reason while a harmless stream is tried.
const crashes = 2

// unmarkTime is how long removing a mark may take, after the end of the attempt.
const unmarkTime = time.Second

// waits reports whether the stream is parked and is not to be tried now.
func (w *way) waits() bool { return w.Engine.waits(w.at, w.m) }

func (e *Engine) waits(at Checkpoint, m mode) bool {
	p := at.Parked
	switch {
	case p == nil, m.retry, p.Code != e.cfg.CodeVersion():
		return false
	}
	return !m.suspect || p.Reason != Crashed || p.Attempts >= crashes
}

// suspected reports whether the stream may end the process.
func (w *way) suspected() bool {
	return w.m.suspect || w.at.Parked != nil && w.at.Parked.Reason == Crashed
}

// alone waits until no other suspect stream is being tried in this process. Otherwise two could be parked because of
// one.
//
// Errors: [ErrUnfinished] if there is no time left to try it; the context's.
func (e *Engine) alone(ctx context.Context) (done func(), err error) {
	for !e.late(ctx) {
		select {
		case e.suspects <- struct{}{}:
			done = func() { <-e.suspects }
			if e.late(ctx) {
				done()
				return nil, ErrUnfinished
			}
			return done, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil, ErrUnfinished
}

// attempt applies the events of a suspect stream beyond its checkpoint.
func (w *way) attempt(ctx context.Context, delivered []*es.Commit) error {
	if !w.precedes(delivered) && !w.more(ctx) { // nothing to apply
		return w.applyAll(ctx, delivered)
	}
	if err := w.mark(ctx); err != nil {
		return err
	}
	mark := w.at.Parked
	err := w.applyAll(ctx, delivered)
	if w.at.Parked != mark || errors.Is(err, errParked) { // saved, or parked because of its own error
		return err
	}
	// Nothing was applied, and the process is still running: the stream is not the cause.
	return errors.Join(err, w.unmark(ctx))
}

// unmark removes the mark of a stream that did not end the process. If that can't be written now, the queue tries the
// stream again, parked or not.
func (w *way) unmark(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unmarkTime)
	defer cancel()
	w.isBehind = true // deliveries since the mark were only recorded as seen
	for pause := staleBackoff; ; pause *= 2 {
		err := w.unpark(ctx)
		if err == nil || errors.Is(err, ErrStale) { // another process has changed the checkpoint
			return err
		}
		if isAway(err) || sleep(ctx, pause) != nil {
			if w.cfg.Queue == nil {
				return err
			}
			return errors.Join(err, w.leave(context.WithoutCancel(ctx), later, Job{
				Task: CatchUp, Projection: w.t.sub.name(), Stream: w.stream, Retry: true, Suspect: true,
				FailedSince: w.cfg.Now().UTC(),
			}))
		}
	}
}

// mark parks a stream before it is tried.
func (w *way) mark(ctx context.Context) error {
	done := 0
	if p := w.at.Parked; p != nil && p.Reason == Crashed && p.Code == w.cfg.CodeVersion() && !w.m.retry {
		done = p.Attempts
	}
	p := Parked{
		Reason: Crashed, Version: w.at.Version + 1, At: w.cfg.Now().UTC(), Code: w.cfg.CodeVersion(),
		Attempts: done + 1,
		Error:    "the process that applied it ended or ran out of time: see its last log lines",
	}
	if err := w.mayPark(ctx, p); err != nil {
		return err
	}
	// If the process ends, this line says over which stream.
	w.log(ctx, slog.LevelWarn, "trying a stream that may end the process", p.Version, Crashed)
	return nil
}

// precedes reports whether one of the commits is beyond the checkpoint.
func (w *way) precedes(delivered []*es.Commit) bool {
	return slices.ContainsFunc(delivered, func(d *es.Commit) bool { return d.LastVersion() > w.at.Version })
}

// more reports whether the stream has events beyond the checkpoint. Unreadable ones count.
func (w *way) more(ctx context.Context) bool {
	for _, err := range w.Engine.store.Read(ctx, w.stream, es.Range{From: w.at.Version + 1}) {
		_ = err // the next read reports it
		return true
	}
	return false
}
