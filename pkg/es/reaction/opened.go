package reaction

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// OpenDeadline is a deadline that was asked for and is not done.
type OpenDeadline struct {
	Deadline
	// Failed is the error if its command failed for good, else "".
	Failed string `json:"failed,omitempty"`
}

// OpenDeadlines yields the open deadlines of a timer. The streams with the earliest deadline come first, within each of
// several parts. It is eventually consistent. If until is not zero, streams whose first deadline is later are left out.
// The engine may know only the timer's description: see [projection.Description.Subscription].
//
// Errors: those of [projection.States.List].
func OpenDeadlines(
	ctx context.Context, e *projection.Engine, timer string, until time.Time,
) iter.Seq2[OpenDeadline, error] {
	return func(yield func(OpenDeadline, error) bool) {
		for row, err := range timetables(ctx, e.States(timer), until) {
			var all []OpenDeadline
			if err == nil {
				all, err = deadlinesOf(timer, row.Stream, row.Row.Row)
			}
			if err != nil {
				yield(OpenDeadline{}, err)
				return
			}
			for _, d := range all {
				if !yield(d, nil) {
					return
				}
			}
		}
	}
}

// timetables yields the rows of the list of open deadlines, until an error.
func timetables(
	ctx context.Context, states *projection.States, until time.Time,
) iter.Seq2[projection.Listed, error] {
	return func(yield func(projection.Listed, error) bool) {
		for i := range parts {
			for row, err := range states.List(ctx, projection.Listing{Partition: part(i), PageSize: 100}) {
				if err == nil && !until.IsZero() && row.Key.Sort > until.UTC().Format(sortable)+"~" {
					break
				}
				if !yield(row, err) {
					return
				}
			}
		}
	}
}

// DeadlinesOf returns the open deadlines of a stream in a timer, the earliest first. It is strongly consistent.
//
// Errors: those of [projection.States.Checkpoint].
func DeadlinesOf(ctx context.Context, e *projection.Engine, timer string, stream es.StreamID) ([]OpenDeadline, error) {
	at, err := e.States(timer).Checkpoint(ctx, stream)
	if err != nil {
		return nil, err
	}
	return deadlinesOf(timer, stream, at.State)
}

func deadlinesOf(timer string, stream es.StreamID, state json.RawMessage) ([]OpenDeadline, error) {
	table, err := timetableOf(state)
	if err != nil {
		return nil, fmt.Errorf("timer %s: %s: %w", timer, stream, err)
	}
	all := make([]OpenDeadline, 0, len(table.Open))
	for _, name := range table.names() {
		o := table.Open[name]
		all = append(all, OpenDeadline{o.deadline(timer, stream, name), o.Failed})
	}
	return all, nil
}

// Run executes the command of an open deadline at once, due or not, also if it failed before.
//
// Errors: [ErrNoDeadline]; [ErrParked]; the command's; those of [Timer.Fire].
func (t *Timer) Run(ctx context.Context, e *projection.Engine, stream es.StreamID, name string) error {
	d, o, err := t.find(ctx, e, stream, name)
	if err != nil {
		return err
	}
	if err := t.execute(ctx, d, o); err != nil {
		return fmt.Errorf("run %s: %w", d, err)
	}
	return t.remove(ctx, e, d)
}

// Cancel cancels an open deadline for good: its command is not executed. A later event may ask for it again.
//
// Errors: [ErrNoDeadline]; [ErrParked]; the scheduler's; those of [Timer.Fire].
func (t *Timer) Cancel(ctx context.Context, e *projection.Engine, stream es.StreamID, name string) error {
	d, _, err := t.find(ctx, e, stream, name)
	if err != nil {
		return err
	}
	return t.remove(ctx, e, d)
}

// remove removes a deadline from the state, and from the scheduler.
func (t *Timer) remove(ctx context.Context, e *projection.Engine, d Deadline) error {
	if err := t.update(ctx, e, d, func(table timetable) { delete(table.Open, d.Name) }); err != nil {
		return err
	}
	return t.cfg.Scheduler.Cancel(ctx, d)
}

// AskAgain asks the scheduler again for all open deadlines that are due until an instant, or for all if that is zero,
// except those that failed. It returns their number. It is for a scheduler that lost deadlines.
//
// Errors: the scheduler's; those of [OpenDeadlines].
func (t *Timer) AskAgain(ctx context.Context, e *projection.Engine, until time.Time) (int, error) {
	n := 0
	for d, err := range OpenDeadlines(ctx, e, t.Name(), until) {
		if err != nil {
			return n, err
		}
		if d.Failed != "" || !until.IsZero() && d.At.After(until) {
			continue
		}
		if err := t.cfg.Scheduler.Set(ctx, d.Deadline); err != nil {
			return n, fmt.Errorf("ask again for %s: %w", d.Deadline, err)
		}
		n++
	}
	return n, nil
}

// ErrNoDeadline means that a stream has no open deadline of a name.
var ErrNoDeadline = errors.New("no such open deadline: it was executed, canceled or never asked for")

func (t *Timer) find(ctx context.Context, e *projection.Engine, stream es.StreamID, name string) (Deadline, open, error) {
	at, err := e.States(t.Name()).Checkpoint(ctx, stream)
	if err != nil {
		return Deadline{}, open{}, err
	}
	table, err := timetableOf(at.State)
	if err != nil {
		return Deadline{}, open{}, err
	}
	o, is := table.Open[name]
	if !is {
		return Deadline{}, open{}, fmt.Errorf("timer %s: %s of %s: %w", t.Name(), name, stream, ErrNoDeadline)
	}
	if at.Parked != nil {
		return Deadline{}, open{}, fmt.Errorf("timer %s: %s of %s: %w", t.Name(), name, stream, ErrParked)
	}
	return o.deadline(t.Name(), stream, name), o, nil
}
