package projection

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

const (
	// staleAttempts is how often a stream is started again because somebody else is bringing it forward too.
	staleAttempts = 10
	// staleBackoff is the longest pause before the second of them; before each next one it is twice as long.
	staleBackoff = 2 * time.Millisecond
	// later is when what this code can't do now is tried again.
	later = 30 * time.Second
	// latest is the longest pause before something is tried again.
	latest = 15 * time.Minute
)

// mode is on whose behalf a stream is brought forward.
type mode struct {
	// level reads the stream to its end, whatever was delivered.
	level bool
	// rest reads the stream to its end too, within the budget: deliveries before this one were left to whoever is next.
	rest bool
	// retry tries a parked stream again.
	retry bool
	// suspect says that an earlier attempt may have ended the process.
	suspect bool
}

// forward brings a cursor forward with the commits delivered of its stream, which are sorted by version, and with what the
// event store has beyond them where something is missing. The cursor's checkpoint may be an old one.
func (e *Engine) forward(ctx context.Context, c *cursor, delivered []*es.Commit, m mode) error {
	var err error
	for attempt := range staleAttempts {
		if attempt > 0 {
			if err := e.reload(ctx, c, attempt); err != nil {
				return err
			}
		}
		if err = e.forwardOnce(ctx, c, delivered, m); !errors.Is(err, ErrStale) {
			return err
		}
	}
	return fmt.Errorf("%s: %s: %w", c.target, c.stream, err)
}

// reload reads the checkpoint again, after somebody else had time to move on.
func (e *Engine) reload(ctx context.Context, c *cursor, attempt int) error {
	if err := sleep(ctx, rand.N(staleBackoff<<min(attempt, 7))); err != nil {
		return err
	}
	e.forget(c.target.place(c.stream))
	read, err := c.target.sub.View.Checkpoints(ctx, c.target.Generation, c.stream)
	if err != nil {
		return fmt.Errorf("%s: checkpoint of %s: %w", c.target, c.stream, err)
	}
	c.at = read[c.stream]
	return nil
}

func (e *Engine) forwardOnce(ctx context.Context, c *cursor, delivered []*es.Commit, m mode) error {
	job := Job{Task: CatchUp, Projection: c.target.sub.name(), Stream: c.stream, Retry: m.retry, Suspect: c.suspected(m)}
	switch {
	case e.waits(c, m):
		if p := c.at.Parked; m.suspect && p.Reason == Crashed { // whoever parked it had no time to say so
			c.log(ctx, slog.LevelError, "a stream is parked", p.Version, p.Reason)
		}
		return c.seen(ctx, delivered)
	case (c.at.Behind || job.Suspect && !m.suspect) && !m.level && e.cfg.Queue != nil: // it must not take the batch with it
		return e.leave(ctx, 0, job)
	}
	c.brief = !m.level && c.target.fold.retryFromQueue() && e.cfg.Queue != nil
	apply := func() error {
		parked := c.at.Parked != nil
		m.rest = parked || c.at.Behind
		err := c.apply(ctx, e.feed(ctx, c, delivered, m))
		if err == nil && parked { // from here on, others see that it is behind, and leave nothing to this
			err = c.apply(ctx, e.feed(ctx, c, nil, m))
		}
		return err
	}
	var err error
	if job.Suspect {
		err = c.attempt(ctx, delivered, m, apply)
	} else {
		err = apply()
	}
	switch {
	case errors.Is(err, errParked):
		return c.seen(ctx, delivered)
	case errors.Is(err, errBudget):
		return e.leave(ctx, 0, job)
	}
	return err
}

// seen remembers what was delivered of a stream that waits.
func (c *cursor) seen(ctx context.Context, delivered []*es.Commit) error {
	c.engine.observeParked(c.target)
	if len(delivered) == 0 {
		return nil
	}
	last := delivered[len(delivered)-1].LastVersion()
	if err := c.target.sub.View.Seen(ctx, c.target.Generation, c.stream, last); err != nil {
		return fmt.Errorf("%s: %s is parked: %w", c.target, c.stream, err)
	}
	return nil
}

// leave puts jobs into the queue.
func (e *Engine) leave(ctx context.Context, delay time.Duration, jobs ...Job) error {
	if e.cfg.Queue == nil {
		return errors.New("something is left for later, but there is no queue")
	}
	if err := e.cfg.Queue.Enqueue(ctx, delay, jobs...); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}

// feed yields what was delivered beyond a cursor. Where something is missing, it goes on with the stream's tail from the
// store, to its end, or until errBudget.
func (e *Engine) feed(ctx context.Context, c *cursor, delivered []*es.Commit, m mode) iter.Seq2[*es.Commit, error] {
	return func(yield func(*es.Commit, error) bool) {
		version := c.at.Version
		for _, commit := range delivered {
			switch {
			case commit.LastVersion() <= version: // done
				continue
			case commit.Version > version+1: // a gap
				e.tail(ctx, c.stream, version+1, m, yield)
				return
			}
			if !yield(commit, nil) {
				return
			}
			version = commit.LastVersion()
		}
		if m.level || m.rest {
			e.tail(ctx, c.stream, version+1, m, yield)
		}
	}
}

// tail yields a stream from the store, from the commit that contains a version.
func (e *Engine) tail(ctx context.Context, stream es.StreamID, from int64, m mode, yield func(*es.Commit, error) bool) {
	events := 0
	for c, err := range e.store.Read(ctx, stream, es.Range{From: from}) {
		if err != nil {
			yield(nil, err)
			return
		}
		if m.level && e.late(ctx) || !m.level && e.cfg.Queue != nil && events > e.cfg.Budget {
			yield(nil, errBudget)
			return
		}
		if !yield(&c, nil) {
			return
		}
		events += len(c.Events)
	}
}

// late tells whether what can be left to the queue should be.
func (e *Engine) late(ctx context.Context) bool {
	deadline, bounded := ctx.Deadline()
	return bounded && e.cfg.Queue != nil && time.Until(deadline) < e.cfg.DeadlineMargin
}

func (e *Engine) remembered(p place) (Checkpoint, bool) {
	if e.warm == nil {
		return Checkpoint{}, false
	}
	return e.warm.Get(p)
}

// warmState is the largest state that is remembered, in bytes.
const warmState = 16 << 10

// remember keeps a checkpoint in memory. If it is old by the time it is used, the save that rests on it fails.
func (e *Engine) remember(p place, at Checkpoint) {
	switch {
	case e.warm == nil:
	case len(at.State) > warmState, at.Parked != nil, at.Behind, at.RowsWritten > 0:
		e.warm.Remove(p)
	default:
		e.warm.Add(p, at)
	}
}

func (e *Engine) forget(p place) {
	if e.warm != nil {
		e.warm.Remove(p)
	}
}
