package annals

import (
	"context"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// Timetable has the open deadlines of a stream, while an event asks for more: see [Deadlines].
type Timetable struct {
	// Running is the service: for [DurationSetting.In].
	*Running
	*reaction.Open
}

// Due is a deadline that is due: see [Deadlines].
type Due = reaction.Deadline

// Deadlines declares a timer: a reaction that happens later. ask is called for each event that has the type of one of
// the prototypes, or for every event if there are none. It asks for deadlines of the event's stream, by names, moves
// them, and cancels them:
//
//	func(t *annals.Timetable, e projection.Event[order.Event]) {
//		switch e.Data.(type) {
//		case order.OrderPlaced:
//			t.Set("payment", e.At.Add(72*time.Hour))
//		case order.OrderCancelled:
//			t.Cancel("payment")
//		}
//	}
//
// ask may be called again for the same event. So it must depend on nothing but the event, the open deadlines and the
// settings: it reads no clock and no aggregate. An instant in the past is due at once.
//
// When a deadline is due, due decides on the aggregates as they are then. It may run late, right after it was
// canceled, and more than once. So it must look at whether the deadline is still wanted, and do nothing if it is not.
// What it records is stored once. If it returns an error that is not transient, the deadline is marked as failed, and
// an operator runs it again or cancels it. Names of deadlines must not be personal data.
//
// Several Deadlines parts with one name are one timer, for events of several aggregates. A table of its name holds
// the open deadlines: after a change of the name they are lost. Events from a day or more before the timer was first
// deployed ask for nothing. The deadlines of a stream that is parked in the timer wait. As with [React], due runs in
// the reactor function, and its caller is an operator.
//
// A deadline 15 minutes or more after its event may be up to a minute late, because it is a schedule of Amazon
// EventBridge Scheduler. Others are delayed messages of a queue.
func Deadlines[S, E any](
	name string, a es.Aggregate[S, E],
	ask func(*Timetable, projection.Event[E]), due func(*Tx, Due) error, prototypes ...E,
) Part {
	if ask == nil || due == nil {
		return mistake(fmt.Sprintf("deadlines %q: a function is nil", name))
	}
	return reactionPart{name, a.StreamType, &timing[S, E]{a, ask, due, prototypesOf(prototypes)}, ""}
}

// timing is what a timer reads from the streams of one type.
type timing[S, E any] struct {
	aggregate es.Aggregate[S, E]
	ask       func(*Timetable, projection.Event[E])
	due       func(*Tx, Due) error
	types     []any
}

func (t *timing[S, E]) source(r *Running) reaction.Source {
	ask := func(o *reaction.Open, e projection.Event[E]) { t.ask(&Timetable{r, o}, e) }
	if len(t.types) == 0 {
		return reaction.From(t.aggregate, reaction.Ask(ask))
	}
	return reaction.From(t.aggregate, reaction.AskTypes(func(o *reaction.Open, e projection.Event[any]) {
		ask(o, projection.EventAs[E](e))
	}, t.types...))
}

func (t *timing[S, E]) asks() bool { return true }

func (t *timing[S, E]) isDue(tx *Tx, d Due) error { return t.due(tx, d) }

// executing is a reacting that executes commands when deadlines are due.
type executing interface {
	// asks reports whether it asks for deadlines.
	asks() bool
	isDue(tx *Tx, d Due) error
}

// Timer returns the reaction as a timer of a running service. The name, the sources and the commands of cfg are those
// of the declaration.
func (d *DeclaredReaction) Timer(r *Running, cfg reaction.TimerConfig) *reaction.Timer {
	cfg.Name, cfg.Sources, cfg.Due = d.Name, d.Sources(r), d.due(r)
	return reaction.NewTimer(cfg)
}

func (d *DeclaredReaction) due(r *Running) func(context.Context, reaction.Deadline, es.Command) error {
	byType := map[string]executing{}
	for i, streamType := range d.StreamTypes {
		byType[streamType], _ = d.reacting[i].(executing)
	}
	return func(ctx context.Context, due Due, cmd es.Command) error {
		do := byType[due.Stream.Type]
		if do == nil {
			return fmt.Errorf("timer %s has no deadlines of streams of type %s any more", d.Name, due.Stream.Type)
		}
		caller := NewCaller(reaction.ActorPrefix+d.Name, true)
		_, err := r.Decide(ctx, cmd, caller, func(tx *Tx) error { return do.isDue(tx, due) })
		return err
	}
}
