package projection

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// What ends the process that applies it, or takes all its time, can't be parked afterwards. A stream that is suspected
// of that is parked before it is tried: if the process ends, the stream waits, and if it doesn't, the save parks it no
// longer.

// crashes is how often a suspected stream is tried: once more than it takes, since a process may end for another
// reason just while a harmless stream is tried.
const crashes = 2

// unmarkTime is how long it may take to undo a mark, after whatever ended the attempt.
const unmarkTime = time.Second

// waits tells whether the stream is parked, and is not to be tried (again).
func (w *way) waits() bool { return w.Engine.waits(w.at, w.m) }

func (e *Engine) waits(at Checkpoint, m mode) bool {
	p := at.Parked
	switch {
	case p == nil, m.retry, p.Code != e.cfg.CodeVersion():
		return false
	}
	return !m.suspect || p.Reason != Crashed || p.Attempts >= crashes
}

// suspected tells whether the stream may end the process.
func (w *way) suspected() bool {
	return w.m.suspect || w.at.Parked != nil && w.at.Parked.Reason == Crashed
}

// alone waits until no other suspected stream is tried in this process: else two could be parked for what one of them
// did.
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

// attempt applies what there is beyond the checkpoint of a suspected stream.
func (w *way) attempt(ctx context.Context, delivered []*es.Commit) error {
	if !w.precedes(delivered) && !w.more(ctx) { // there is nothing to apply
		return w.applyAll(ctx, delivered)
	}
	if err := w.mark(ctx); err != nil {
		return err
	}
	mark := w.at.Parked
	err := w.applyAll(ctx, delivered)
	if w.at.Parked != mark || errors.Is(err, errParked) { // saved, or parked for its own error
		return err
	}
	// Nothing was applied and the process goes on: it was not the stream's fault.
	return errors.Join(err, w.unmark(ctx))
}

// unmark takes back the mark of a stream that did not end the process. Where that can't be written for now, the queue
// tries the stream again, parked or not.
func (w *way) unmark(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unmarkTime)
	defer cancel()
	w.isBehind = true // what was delivered since the mark was only noted
	for pause := staleBackoff; ; pause *= 2 {
		err := w.unpark(ctx)
		if err == nil || errors.Is(err, ErrStale) { // another process was there since
			return err
		}
		if waited := sleep(ctx, pause); waited != nil {
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

// mark parks a stream that is about to be tried.
func (w *way) mark(ctx context.Context) error {
	done := 0
	if p := w.at.Parked; p != nil && p.Reason == Crashed && p.Code == w.cfg.CodeVersion() && !w.m.retry {
		done = p.Attempts
	}
	p := Parked{
		Reason: Crashed, Version: w.at.Version + 1, At: w.cfg.Now().UTC(), Code: w.cfg.CodeVersion(),
		Attempts: done + 1,
		Error:    "the process that tried to apply it ended, or ran out of time: what it logged last may say why",
	}
	if err := w.mayPark(ctx, p); err != nil {
		return err
	}
	w.log(ctx, slog.LevelWarn, "a stream is tried that may end the process", p.Version, Crashed) // its last words, if so
	return nil
}

// precedes tells whether one of the commits is beyond the checkpoint.
func (w *way) precedes(delivered []*es.Commit) bool {
	return slices.ContainsFunc(delivered, func(d *es.Commit) bool { return d.LastVersion() > w.at.Version })
}

// more tells whether the stream has something beyond the checkpoint. What can't be read counts as that.
func (w *way) more(ctx context.Context) bool {
	for _, err := range w.Engine.store.Read(ctx, w.stream, es.Range{From: w.at.Version + 1}) {
		_ = err // reading it again tells
		return true
	}
	return false
}
