package es

import (
	"fmt"
	"strings"
)

// Aggregate describes one kind of aggregate. S is its state; the zero S is the state before the first event. E is the
// interface that its events satisfy.
type Aggregate[S, E any] struct {
	// StreamType is the type part of its streams' names, such as "Account".
	StreamType string
	// Events is the registry of its event types and their stored names.
	Events *Registry[E]
	// Evolve applies an event to the state. It has no error result, because a stored event cannot be refused.
	Evolve func(state *S, event E)
}

// Stream returns the name of the stream of the aggregate with this id.
func (a *Aggregate[S, E]) Stream(id string) StreamID { return StreamID{Type: a.StreamType, ID: id} }

// Check returns one error that lists all mistakes in the declaration, or nil. [Open] and [NewRepository] call it.
func (a *Aggregate[S, E]) Check() error {
	var mistakes []string
	if a.StreamType == "" || strings.Contains(a.StreamType, "#") {
		mistakes = append(mistakes, fmt.Sprintf("the stream type %q must not be empty or contain '#'", a.StreamType))
	}
	if err := a.Events.Check(); err != nil {
		mistakes = append(mistakes, err.Error())
	}
	if a.Evolve == nil {
		mistakes = append(mistakes, "Evolve is missing")
	}
	if len(mistakes) == 0 {
		return nil
	}
	return fmt.Errorf("aggregate %q: %s", a.StreamType, strings.Join(mistakes, "; "))
}

// apply folds a commit into a state. If Evolve panics on the stored events, the command gets a [CorruptError] and the
// process goes on.
func (a *Aggregate[S, E]) apply(state *S, c *Commit) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = &CorruptError{Stream: c.Stream, Version: c.Version, Reason: fmt.Sprint("Evolve panicked: ", panicked)}
		}
	}()
	for i := range c.Events {
		err := a.Events.Decode(c, i, func(event E) error {
			a.Evolve(state, event)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *Aggregate[S, E]) encode(events []E) ([]RawEvent, error) {
	raw := make([]RawEvent, len(events))
	for i, event := range events {
		var err error
		if raw[i], err = a.Events.Encode(event); err != nil {
			return nil, fmt.Errorf("%s: %w", a.StreamType, err)
		}
	}
	return raw, nil
}
