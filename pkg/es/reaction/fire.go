package reaction

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Fired is what became of a deadline that a scheduler gave back.
type Fired struct {
	Outcome Outcome
	// Again is how long to wait before the deadline is given to Fire again. 0 = it is done.
	Again time.Duration
	// Late is how much later than asked it is, if the command was executed, or still has to be.
	Late time.Duration
}

// Outcome is an outcome of [Timer.Fire].
type Outcome string

// The outcomes.
const (
	// Executed: its command was executed.
	Executed Outcome = "executed"
	// Dropped: it was moved, canceled or executed before.
	Dropped Outcome = "dropped"
	// Early: it is not due yet.
	Early Outcome = "early"
	// Delayed: the error is transient, the stream is parked, or the event that asked for it is not applied yet.
	Delayed Outcome = "delayed"
	// CommandFailed: its command failed for good. It stays open, with the error, until it is run again or canceled.
	CommandFailed Outcome = "failed"
)

const (
	soon    = time.Second
	longest = 15 * time.Minute
	// maxFailed limits the text of an error in the state, in bytes.
	maxFailed = 500
	attempts  = 10 // at replacing the state while other processes do
)

// Fire executes the command of a deadline if it is due and still wanted: if the stored state of the timer has it
// open, as the same event asked for it. The engine must run the timer. The deadlines of a stream that is parked wait:
// the event that could not be applied may cancel them.
//
// If the command fails, and the error is not transient, the deadline is marked as failed. The other deadlines of the
// stream, and its events, are not affected.
//
// Errors: those of the engine's catalog and view that are not transient. Transient errors, and an error of the command,
// are logged, and are part of the outcome.
func (t *Timer) Fire(ctx context.Context, e *projection.Engine, d Deadline) (Fired, error) {
	late := t.cfg.Now().Sub(d.At)
	if late < 0 {
		return Fired{Outcome: Early, Again: min(-late, longest)}, nil
	}
	delayed := Fired{Outcome: Delayed, Late: late, Again: min(max(late, soon), longest)}
	outcome, err := t.fire(ctx, e, d)
	switch {
	case err != nil && t.isTransient(err):
		t.log(ctx, slog.LevelWarn, "the command of a deadline could not be executed: it is tried again", d, err)
		return delayed, nil
	case err != nil:
		return Fired{}, err
	case outcome == Delayed:
		return delayed, nil
	case outcome == Dropped:
		return Fired{Outcome: Dropped}, nil
	}
	return Fired{Outcome: outcome, Late: t.cfg.Now().Sub(d.At)}, nil
}

func (t *Timer) fire(ctx context.Context, e *projection.Engine, d Deadline) (Outcome, error) {
	at, stored, err := t.stored(ctx, e, d)
	if err != nil {
		return "", err
	}
	wanted, is := stored.Open[d.Name]
	switch {
	case at.Version < d.Version && (at.Behind || at.Parked != nil): // it may be about to be stored
		return Delayed, nil
	case !is || !wanted.is(d) || wanted.Failed != "":
		return Dropped, nil
	case at.Parked != nil:
		return Delayed, nil
	}
	return t.run(ctx, e, d, wanted)
}

// stored reads the state of the deadline's stream. If the event that asked for the deadline is not applied yet, because
// the delivery is under way or failed, stored applies it.
func (t *Timer) stored(ctx context.Context, e *projection.Engine, d Deadline) (projection.Checkpoint, timetable, error) {
	states := e.States(t.Name())
	at, err := states.Checkpoint(ctx, d.Stream)
	if err == nil && at.Version < d.Version && at.Parked == nil {
		if err = e.CatchUp(ctx, d.Stream, t.Name()); err == nil {
			at, err = states.Checkpoint(ctx, d.Stream)
		}
	}
	if err != nil {
		return at, timetable{}, fmt.Errorf("fire %s: %w", d, err)
	}
	table, err := timetableOf(at.State)
	return at, table, err
}

// run executes the command, and then removes the deadline from the state.
func (t *Timer) run(ctx context.Context, e *projection.Engine, d Deadline, o open) (Outcome, error) {
	err := t.execute(ctx, d, o)
	switch {
	case err == nil:
		return Executed, t.update(ctx, e, d, func(table timetable) { delete(table.Open, d.Name) })
	case t.isTransient(err):
		return "", err
	}
	t.log(ctx, slog.LevelError, "the command of a deadline failed: run the deadline again, or cancel it", d, err)
	o.Failed = t.told(err)
	return CommandFailed, t.update(ctx, e, d, func(table timetable) { table.Open[d.Name] = o })
}

func (t *Timer) isTransient(err error) bool {
	return transient(err) || errors.Is(err, projection.ErrContended) || errors.Is(err, ErrParked) || t.cfg.Transient(err)
}

// told is the text of an error that is logged and kept. It may cite personal data: then it is the error's type.
func (t *Timer) told(err error) string {
	if t.cfg.Confidential {
		return fmt.Sprintf("%T: the text is not kept, because it may cite personal data", innermost(err))
	}
	text := err.Error()
	return strings.ToValidUTF8(text[:min(len(text), maxFailed)], "")
}

// ErrParked means that the stream is parked in the timer, so that its open deadlines can't be changed: retry it first.
var ErrParked = errors.New("the stream is parked: retry it first")

func innermost(err error) error {
	for {
		cause := errors.Unwrap(err)
		if cause == nil {
			return err
		}
		err = cause
	}
}

// execute executes the command. A panic is an error.
func (t *Timer) execute(ctx context.Context, d Deadline, o open) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	return t.cfg.Due(ctx, d, es.Command{
		Meta: es.Meta{CorrelationID: o.Correlation, CausationID: o.Cause, Actor: ActorPrefix + t.Name()},
		Ref: es.CommandRef{
			ID: d.ID(), Fingerprint: t.Name(),
		},
	})
}

// update changes the stored state, if the deadline is still open as it was.
func (t *Timer) update(ctx context.Context, e *projection.Engine, d Deadline, change func(timetable)) error {
	states := e.States(t.Name())
	for attempt := range attempts {
		if attempt > 0 {
			if err := pause(ctx, attempt); err != nil {
				return err
			}
		}
		at, err := states.Checkpoint(ctx, d.Stream)
		if err != nil {
			return err
		}
		table, err := timetableOf(at.State)
		if err != nil {
			return err
		}
		if o, is := table.Open[d.Name]; !is || !o.is(d) {
			return nil // an event has moved or canceled it
		}
		if at.Parked != nil {
			return fmt.Errorf("%s: %w", d, ErrParked)
		}
		change(table)
		next, err := table.state(d.Stream)
		if err != nil {
			return err
		}
		if err = states.Replace(ctx, at, next); !errors.Is(err, projection.ErrStale) {
			return err
		}
	}
	return fmt.Errorf("remove %s: %w", d, projection.ErrContended)
}

func (t *Timer) log(ctx context.Context, level slog.Level, what string, d Deadline, err error) {
	t.cfg.Log.LogAttrs(ctx, level, what, slog.String("timer", t.Name()), slog.String("stream", d.Stream.String()),
		slog.String("deadline", d.Name), slog.Time("at", d.At), slog.String("error", t.told(err)))
}

// pause waits for a random time that grows with the attempts: other deadlines of the stream may be due at the same
// time.
func pause(ctx context.Context, attempt int) error {
	timer := time.NewTimer(rand.N(2 * time.Millisecond << min(attempt, 7)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
