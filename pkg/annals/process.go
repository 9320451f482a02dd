package annals

import (
	"fmt"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// Process declares a process: a reaction with a memory, over events of several streams that a key ties together. It
// follows these events, and records what they mean for it in a stream of its own, one for each key. So a process has
// versions, an audit trail and past states like any aggregate, which must be declared by [Aggregate] too.
//
//	annals.Aggregate(payment.Aggregate),
//	annals.Process("pay-orders", payment.Aggregate,
//		annals.Follow(order.Aggregate, orderOf, payment.State.Follow, order.PaymentRequested{}, order.OrderCancelled{}),
//		annals.Then(payment.Step, payment.Started{}, payment.Reserved{}),
//		annals.Wait(payment.Deadlines, payment.Due),
//	)
//
// [Follow] reads the events of other aggregates, [Then] executes commands after the process's own events, and [Wait]
// asks for deadlines. A process ends when its state says so: it then decides nothing more.
//
// Events come at least once, those of one stream in their order, those of different streams in any order. What is
// recorded after an event is stored once. A step that fails for good parks the stream of that process alone: its
// later steps and its deadlines wait until the stream is retried. As with [React], all of it runs in the reactor
// function, and the caller is an operator. Events from a day or more before the process was first deployed are
// ignored. A table of the process's name holds its checkpoints and its open deadlines: after a change of the name it
// begins anew.
func Process[S, E any](name string, a es.Aggregate[S, E], first ProcessPart[S, E], more ...ProcessPart[S, E]) Part {
	own := &stepping[S, E]{name: name, aggregate: a}
	all := parts{}
	for _, p := range append([]ProcessPart[S, E]{first}, more...) {
		if p == nil {
			return mistake(fmt.Sprintf("process %q: a part is nil", name))
		}
		if part := p(own); part != nil {
			all = append(all, part)
		}
	}
	return append(all, reactionPart{name, a.StreamType, own, a.StreamType})
}

// ProcessPart is a part of a [Process] with states S and events E: [Follow], [Then] or [Wait]. It adds itself to the
// process, or is a part of the service.
type ProcessPart[S, E any] func(own *stepping[S, E]) Part

// Follow makes a process read the events of another aggregate that have the type of one of the prototypes, or all its
// events if there are none. key returns the id of the process that an event is about, or "" if it is about none.
// decide returns the events that the process records then: none if the event means nothing in the process's state.
// The state is the zero S before the process's first event.
//
// The event may be one that the process has seen before, long ago, for example after tables were restored. So decide
// must return nothing if the state shows that the event is known. An id that can't be one of a stream, and a panic,
// park the followed stream in this process.
func Follow[S, E, OS, OE any](
	other es.Aggregate[OS, OE], key func(projection.Event[OE]) string, decide func(S, projection.Event[OE]) []E,
	prototypes ...OE,
) ProcessPart[S, E] {
	return func(own *stepping[S, E]) Part {
		if key == nil || decide == nil {
			return mistake(fmt.Sprintf("process %q: a function of Follow for %s is nil", own.name, other.StreamType))
		}
		if other.StreamType == own.aggregate.StreamType {
			return mistake(fmt.Sprintf("process %q follows its own events: use annals.Then", own.name))
		}
		react := func(tx *Tx, e projection.Event[OE]) error {
			id := key(e)
			if id == "" {
				return nil
			}
			p, err := LoadOrNew(tx, own.aggregate, id)
			if err != nil {
				return err
			}
			p.Record(decide(p.State, e)...)
			return nil
		}
		return reactionPart{
			own.name, other.StreamType, &reactingTo[OS, OE]{own.name, other, react, prototypesOf(prototypes)},
			own.aggregate.StreamType,
		}
	}
}

// Then makes a process execute a command after each of its own events that has the type of one of the prototypes, or
// after all if there are none. step decides on the aggregates as they are then, and on the process, which it gets as
// an aggregate of the decision: what it records there is stored in the same transaction. A step may be repeated. It
// must do nothing if the process has moved on.
//
// Several Then parts are taken in their order. If an error is not transient, the stream of this process is parked:
// later steps wait until an operator or a new version of the code retries it. So record a refusal that the process
// can live with as an event, and do not return it.
func Then[S, E any](
	step func(*Tx, *es.Entity[S, E], projection.Event[E]) error, prototypes ...E,
) ProcessPart[S, E] {
	return func(own *stepping[S, E]) Part {
		if step == nil {
			return mistake(fmt.Sprintf("process %q: the function of Then is nil", own.name))
		}
		react := func(tx *Tx, e projection.Event[E]) error {
			p, err := Load(tx, own.aggregate, e.Stream.ID)
			if err != nil {
				return err
			}
			return step(tx, p, e)
		}
		own.steps = append(own.steps, &reactingTo[S, E]{own.name, own.aggregate, react, prototypesOf(prototypes)})
		return nil
	}
}

// Wait makes a process ask for deadlines after its own events, and decide when they are due. Both functions are as in
// [Deadlines]; due gets the process as an aggregate of the decision.
func Wait[S, E any](
	ask func(*Timetable, projection.Event[E]), due func(*Tx, *es.Entity[S, E], Due) error,
) ProcessPart[S, E] {
	return func(own *stepping[S, E]) Part {
		if ask == nil || due == nil || own.ask != nil {
			return mistake(fmt.Sprintf("process %q: it needs one Wait at most, with both functions", own.name))
		}
		own.ask, own.due = ask, due
		return nil
	}
}

// stepping is what a process does after its own events.
type stepping[S, E any] struct {
	name      string
	aggregate es.Aggregate[S, E]
	steps     []*reactingTo[S, E]
	ask       func(*Timetable, projection.Event[E])
	due       func(*Tx, *es.Entity[S, E], Due) error
}

func (p *stepping[S, E]) source(r *Running) reaction.Source {
	var all []reaction.Handler
	for _, step := range p.steps {
		all = append(all, step.handler(r))
	}
	if p.ask != nil {
		all = append(all, reaction.Ask(func(o *reaction.Open, e projection.Event[E]) { p.ask(&Timetable{r, o}, e) }))
	}
	return reaction.From(p.aggregate, all...)
}

func (p *stepping[S, E]) asks() bool { return p.ask != nil }

func (p *stepping[S, E]) isDue(tx *Tx, d Due) error {
	if p.due == nil {
		return fmt.Errorf("process %s has no deadlines any more", p.name)
	}
	at, err := Load(tx, p.aggregate, d.Stream.ID)
	if err != nil {
		return err
	}
	return p.due(tx, at, d)
}
