package estest

import (
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// T is the part of a test that the kit uses. *testing.T, *testing.B and *testing.F implement it.
type T interface {
	Helper()
	Errorf(format string, args ...any)
}

// Kit tests one kind of aggregate. Make one with [For].
type Kit[S, E any] struct{ aggregate es.Aggregate[S, E] }

// For returns the test kit of a kind of aggregate.
func For[S, E any](aggregate es.Aggregate[S, E]) Kit[S, E] { return Kit[S, E]{aggregate} }

// History holds the events that an aggregate has before a decision.
type History[S, E any] struct {
	aggregate es.Aggregate[S, E]
	events    []E
}

// Given sets the aggregate's events so far, from its first event on. Without events, the aggregate does not exist yet.
func (k Kit[S, E]) Given(events ...E) History[S, E] {
	return History[S, E]{aggregate: k.aggregate, events: events}
}

// State returns the state after the history. Each call returns a new one.
func (h History[S, E]) State() S {
	var state S
	for _, event := range h.events {
		h.aggregate.Evolve(&state, event)
	}
	return state
}

// When makes a decision on the state after the history. A method of the state without parameters can be passed
// directly: door.State.Lock.
func (h History[S, E]) When(decide func(state S) ([]E, error)) Outcome[S, E] {
	o := Outcome[S, E]{history: h}
	for i, event := range h.events {
		if err := survives(h.aggregate, event); err != nil {
			o.fault = fmt.Errorf("given event %d: %w", i+1, err)
			return o
		}
	}
	looked := h.State()
	o.events, o.err = decide(looked)
	o.fault = o.check(looked)
	return o
}

// check returns an error if the decision broke a rule that holds for every decision.
func (o Outcome[S, E]) check(looked S) error {
	if changed := diff(o.history.State(), looked); changed != "" {
		return fmt.Errorf("the decision changed the state that it was given: it must return events instead "+
			"(-before +after):\n%s", changed)
	}
	if o.err != nil && len(o.events) > 0 {
		return fmt.Errorf("the decision returned both an error and events: %w\n%s", o.err, list(o.events))
	}
	if n := len(o.events); n > es.MaxEvents {
		return fmt.Errorf("the decision returned %d events, the limit of one commit is %d", n, es.MaxEvents)
	}
	for i, event := range o.events {
		if err := survives(o.history.aggregate, event); err != nil {
			return fmt.Errorf("new event %d: %w", i+1, err)
		}
	}
	return nil
}
