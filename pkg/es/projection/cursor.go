package projection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// pageEvents is how many events are folded into one save at most.
const pageEvents = 500

var (
	// errParked ends the way of a stream that was parked.
	errParked = errors.New("parked")
	// errBudget ends the way of a stream of which too much is missing for now.
	errBudget = errors.New("more is missing than there is time for")
)

// cursor brings one target forward along one stream.
type cursor struct {
	engine *Engine
	target *target
	stream es.StreamID
	at     Checkpoint
	// behind is whether the checkpoints that it stores say so.
	behind bool
	// brief says that what it calls outside must answer soon: others wait.
	brief bool
	// recorded is when the last commit was that went into after.
	recorded time.Time
	spend    func(ctx context.Context, writes int) error
}

// steps are the events delivered beyond the checkpoint. They are whole if nothing stands in the way of folding them at
// once.
func (c *cursor) steps(delivered []*es.Commit) (steps []step, whole bool) {
	if c.at.Parked != nil || c.at.Behind || c.at.RowsWritten > 0 || !fits(c.at, delivered) {
		return nil, false
	}
	version := c.at.Version
	for _, commit := range delivered {
		steps = beyond(steps, commit, version)
		version = max(version, commit.LastVersion())
	}
	return steps, len(steps) <= pageEvents
}

// fits tells whether nothing is missing between a checkpoint and commits, which are sorted by version.
func fits(at Checkpoint, delivered []*es.Commit) bool {
	version := at.Version
	for _, commit := range delivered {
		if commit.Version > version+1 {
			return false
		}
		version = max(version, commit.LastVersion())
	}
	return true
}

// beyond appends the events of a commit that are beyond a version.
func beyond(steps []step, commit *es.Commit, version int64) []step {
	for i := range commit.Events {
		if s := (step{commit, i}); s.version() > version {
			steps = append(steps, s)
		}
	}
	return steps
}

// briefly is how long a reaction may take to tell others of a commit, while a batch waits for it.
const briefly = time.Second

var errSlow = fmt.Errorf("no answer within %s", briefly)

// fold folds events onto the checkpoint.
//
// Errors: foldError.
func (c *cursor) fold(ctx context.Context, steps []step) (Checkpoint, []Write, error) {
	present := c.target.present(steps)
	if c.brief { // not a deadline: clients keep a part of the time until a deadline in hand
		var cancel context.CancelCauseFunc
		ctx, cancel = context.WithCancelCause(ctx)
		defer cancel(nil)
		defer time.AfterFunc(briefly, func() { cancel(errSlow) }).Stop()
	}
	state, w, err := c.target.fold.fold(ctx, c.at.State, present)
	if failed := (*foldError)(nil); errors.As(err, &failed) {
		failed.index += len(steps) - len(present)
		if errors.Is(context.Cause(ctx), errSlow) {
			failed.err = fmt.Errorf("%w: %w", errSlow, failed.err)
		}
	}
	if err != nil {
		return Checkpoint{}, nil, err
	}
	return c.after(steps, state), w.list, nil
}

// after is the checkpoint after some events.
func (c *cursor) after(steps []step, state json.RawMessage) Checkpoint {
	last := steps[len(steps)-1]
	c.recorded = last.commit.At
	next := Checkpoint{Version: last.version(), Hash: last.commit.Hash, State: state, Owner: c.at.Owner, Behind: c.behind}
	next.At = last.commit.At // of an inline projection, which has no clock of its own: it is stored with its commit
	if c.engine != nil {
		next.At = c.engine.cfg.Now().UTC().Truncate(time.Microsecond)
	}
	if steps[0].version() == 1 {
		next.Owner = steps[0].commit.Meta.Actor
	}
	return next
}

// apply folds commits, a page at a time, into as few saves as they fit into. A stream that was parked is left behind:
// what was delivered to others while they saw it parked is not among the commits.
func (c *cursor) apply(ctx context.Context, commits iter.Seq2[*es.Commit, error]) error {
	var page []step
	parked := c.at.Parked != nil
	c.behind = c.at.Behind || parked
	for commit, err := range commits {
		if errors.Is(err, errBudget) {
			c.behind = true
			if failed := c.last(ctx, page); failed != nil {
				return failed
			}
			return err
		}
		if corrupt := (*es.CorruptError)(nil); errors.As(err, &corrupt) {
			if err := c.save(ctx, page); err != nil {
				return err
			}
			return c.park(ctx, c.at.Version+1, Failed, err)
		}
		if err != nil {
			return fmt.Errorf("%s: read %s: %w", c.target, c.stream, err)
		}
		page = beyond(page, commit, c.at.Version)
		// Whoever brings the stream forward at the same time is not to tell of more than a commit twice.
		if len(page) >= pageEvents || c.target.fold.retryFromQueue() {
			if err := c.save(ctx, page); err != nil {
				return err
			}
			page = page[:0]
		}
	}
	c.behind = parked
	return c.last(ctx, page)
}

// last saves the last page, and in any case whether the stream is behind.
func (c *cursor) last(ctx context.Context, page []step) error {
	if len(page) > 0 || c.at.Behind == c.behind {
		return c.save(ctx, page)
	}
	next := c.at
	next.Behind, next.Parked = c.behind, nil
	return c.store(ctx, next, nil)
}

// save folds events into one save. Where their rows don't fit into one, it takes fewer events; where those of a single
// event don't, it writes them in parts, and the checkpoint counts them. An event that can't be folded parks the stream
// once those before it are saved.
func (c *cursor) save(ctx context.Context, steps []step) error {
	if len(steps) == 0 {
		return nil
	}
	if c.at.RowsWritten > 0 && len(steps) > 1 { // the event that is half done, alone
		return c.saveParted(ctx, steps, 1)
	}
	next, rows, err := c.fold(ctx, steps)
	if failed := (*foldError)(nil); errors.As(err, &failed) {
		return c.saveUntil(ctx, steps, failed)
	}
	most := c.target.sub.View.MaxWrites() - 1
	slices.SortFunc(rows, byKey) // Done counts them, and a fold may write them in another order next time
	rows = rows[min(c.at.RowsWritten, len(rows)):]
	if err = ErrTooLarge; len(rows) <= most {
		if err = c.store(ctx, next, rows); !errors.Is(err, ErrTooLarge) {
			return err
		}
		most = len(rows) / 2
	}
	switch {
	case len(steps) > 1:
		return c.saveParted(ctx, steps, len(steps)/2)
	case most > 0:
		return c.savePart(ctx, steps, rows, most)
	}
	return c.park(ctx, steps[0].version(), TooLarge, err)
}

// saveUntil saves the events before the one that failed, then parks the stream, or leaves the event to be delivered
// again.
func (c *cursor) saveUntil(ctx context.Context, steps []step, failed *foldError) error {
	if done := steps[:failed.index]; len(done) > 0 {
		save := func() error { return c.save(ctx, done) }
		if !c.target.fold.rebuilds() { // it has reacted to them
			save = func() error { return c.store(ctx, c.after(done, nil), nil) }
		}
		if err := save(); err != nil {
			return err
		}
	}
	version := steps[failed.index].version()
	switch {
	case failed.transient && c.target.fold.retryFromQueue() && c.engine.cfg.Queue != nil:
		return c.setAside(ctx, steps[failed.index], failed.err)
	case failed.transient:
		return fmt.Errorf("%s: %s@%d: %w", c.target, c.stream, version, failed.err)
	}
	return c.park(ctx, version, reason(failed.err), failed.err)
}

// saveParted saves the first events, then the others.
func (c *cursor) saveParted(ctx context.Context, steps []step, first int) error {
	if err := c.save(ctx, steps[:first]); err != nil {
		return err
	}
	return c.save(ctx, steps[first:])
}

// savePart writes the first rows of an event, then the others.
func (c *cursor) savePart(ctx context.Context, steps []step, rows []Write, most int) error {
	for ; ; most /= 2 {
		part := c.at
		part.RowsWritten += most
		part.Parked, part.Behind = nil, c.behind
		err := c.store(ctx, part, rows[:most])
		if err == nil {
			return c.save(ctx, steps)
		}
		if !errors.Is(err, ErrTooLarge) {
			return err
		}
		if most == 1 {
			return c.park(ctx, steps[0].version(), TooLarge, err)
		}
	}
}

func (c *cursor) store(ctx context.Context, next Checkpoint, rows []Write) error {
	if c.spend != nil {
		if err := c.spend(ctx, 1+len(rows)); err != nil {
			return err
		}
	}
	place := c.target.place(c.stream)
	err := c.target.sub.View.Save(ctx, c.target.Generation, []CheckpointUpdate{{c.stream, c.at, next}}, rows)
	if err != nil {
		c.engine.forget(place)
		return fmt.Errorf("%s: save %s@%d: %w", c.target, c.stream, next.Version, err)
	}
	c.engine.observe(c.target, next.Version-c.at.Version, c.recorded)
	c.at = next
	if !c.target.sub.Inline { // commands change those
		c.engine.remember(place, next)
	}
	return nil
}

// park leaves the stream waiting before an event.
func (c *cursor) park(ctx context.Context, version int64, why Reason, cause error) error {
	c.engine.forget(c.target.place(c.stream))
	p := Parked{
		Reason: why, Error: cause.Error(), Version: version, At: c.engine.cfg.Now().UTC(), Code: c.engine.cfg.CodeVersion(),
	}
	if err := c.target.sub.View.Park(ctx, c.target.Generation, c.stream, c.at, p); err != nil {
		return fmt.Errorf("%s: park %s@%d: %w", c.target, c.stream, c.at.Version, err)
	}
	c.log(ctx, slog.LevelError, "a stream is parked", version, why)
	return errParked
}

func (c *cursor) log(ctx context.Context, level slog.Level, what string, version int64, why Reason) {
	c.engine.cfg.Log.LogAttrs(ctx, level, what,
		slog.String("projection", c.target.sub.name()), slog.Int("generation", int(c.target.Generation)),
		slog.String("stream", c.stream.String()), slog.Int64("version", version), slog.String("reason", string(why)))
}

// setAside parks the stream before an event that can't be reacted to now, and has the queue try it again: after as
// long again as the event is old, within bounds. The job comes first: a stream that is set aside has one.
func (c *cursor) setAside(ctx context.Context, s step, cause error) error {
	delay := min(max(c.engine.cfg.Now().Sub(s.commit.At), later), latest)
	err := c.engine.leave(ctx, delay, Job{Task: CatchUp, Projection: c.target.sub.name(), Stream: c.stream, Retry: true})
	if err != nil {
		return err
	}
	return c.park(ctx, s.version(), Unavailable, cause)
}

func reason(err error) Reason {
	var unknown *es.UnknownEventError
	if errors.As(err, &unknown) {
		return NeedsNewerCode
	}
	return Failed
}
