package projection

import (
	"context"
	"errors"
	"fmt"
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

// waits tells whether a cursor's stream is parked, and is not to be tried (again).
func (e *Engine) waits(c *cursor, m mode) bool {
	p := c.at.Parked
	switch {
	case p == nil, m.retry, p.Code != e.cfg.CodeVersion():
		return false
	}
	return !m.suspect || p.Reason != Crashed || p.Attempts >= crashes
}

// suspected tells whether a cursor's stream may end the process.
func (c *cursor) suspected(m mode) bool {
	return m.suspect || c.at.Parked != nil && c.at.Parked.Reason == Crashed
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

// attempt applies what there is beyond a cursor of a suspected stream.
func (c *cursor) attempt(ctx context.Context, delivered []*es.Commit, m mode, apply func() error) error {
	if err := c.mark(ctx, delivered, m); err != nil {
		return err
	}
	mark := c.at.Parked
	err := apply()
	if mark == nil || c.at.Parked != mark || errors.Is(err, errParked) { // saved, or parked for its own error
		return err
	}
	// Nothing was applied and the process goes on: it was not the stream's fault.
	if failed := c.unmark(ctx); failed != nil {
		err = errors.Join(err, failed)
	}
	return err
}

// unmark takes back the mark of a stream that did not end the process. Where that can't be written for now, the queue
// tries the stream again, parked or not.
func (c *cursor) unmark(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unmarkTime)
	defer cancel()
	next := c.at
	next.Parked, next.Behind = nil, true // what was delivered meanwhile was only noted
	for pause := staleBackoff; ; pause *= 2 {
		err := c.store(ctx, next, nil)
		if err == nil || errors.Is(err, ErrStale) { // another process was there since
			return err
		}
		if waited := sleep(ctx, pause); waited != nil {
			if c.engine.cfg.Queue == nil {
				return err
			}
			return errors.Join(err, c.engine.leave(context.WithoutCancel(ctx), later, Job{
				Task: CatchUp, Projection: c.target.sub.name(), Stream: c.stream, Retry: true, Suspect: true,
				FailedSince: c.engine.cfg.Now().UTC(),
			}))
		}
	}
}

// mark parks a stream that is about to be tried, if there is something to apply.
func (c *cursor) mark(ctx context.Context, delivered []*es.Commit, m mode) error {
	if !c.precedesAny(delivered) && !c.engine.more(ctx, c) {
		return nil
	}
	done := 0
	if p := c.at.Parked; p != nil && p.Reason == Crashed && p.Code == c.engine.cfg.CodeVersion() && !m.retry {
		done = p.Attempts
	}
	p := Parked{
		Reason: Crashed, Version: c.at.Version + 1, At: c.engine.cfg.Now().UTC(), Code: c.engine.cfg.CodeVersion(),
		Attempts: done + 1,
		Error:    "the process that tried to apply it ended, or ran out of time: what it logged last may say why",
	}
	c.engine.forget(c.target.place(c.stream))
	if err := c.target.sub.View.Park(ctx, c.target.Generation, c.stream, c.at, p); err != nil {
		return fmt.Errorf("%s: mark %s@%d: %w", c.target, c.stream, c.at.Version, err)
	}
	c.at.Parked = &p
	c.log(ctx, slog.LevelWarn, "a stream is tried that may end the process", p.Version, Crashed) // its last words, if so
	return nil
}

// precedesAny tells whether one of the commits is beyond a cursor.
func (c *cursor) precedesAny(delivered []*es.Commit) bool {
	return slices.ContainsFunc(delivered, func(d *es.Commit) bool { return d.LastVersion() > c.at.Version })
}

// more tells whether a stream has something beyond a cursor. What can't be read counts as that.
func (e *Engine) more(ctx context.Context, c *cursor) bool {
	for _, err := range e.store.Read(ctx, c.stream, es.Range{From: c.at.Version + 1}) {
		_ = err // reading it again tells
		return true
	}
	return false
}
