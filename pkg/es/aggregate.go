package es

import (
	"fmt"
	"strings"
)

// Aggregate describes one kind of aggregate: S is its state, whose zero value is the state before the first event, and E
// the interface that its events satisfy.
type Aggregate[S, E any] struct {
	// StreamType is the type of its streams: "Account".
	StreamType string
	// Events are its events' stored names.
	Events *Registry[E]
	// Evolve changes the state as an event says. It never fails: what has happened has happened.
	Evolve func(state *S, event E)
}

// Stream is the stream of the aggregate with an id.
func (a *Aggregate[S, E]) Stream(id string) StreamID { return StreamID{Type: a.StreamType, ID: id} }

// Check returns an error that names all mistakes in the declaration. [Open] and [NewRepository] check their aggregate.
func (a *Aggregate[S, E]) Check() error {
	var mistakes []string
	if a.StreamType == "" || strings.Contains(a.StreamType, "#") {
		mistakes = append(mistakes, fmt.Sprintf("the stream type %q must not be empty, nor contain '#'", a.StreamType))
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

// apply folds a commit into a state. A panic of Evolve is an error of the stream: a history that no decision could have
// made ends its own command, not the process.
func (a *Aggregate[S, E]) apply(state *S, c *Commit) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = &CorruptError{Stream: c.Stream, Version: c.Version, Reason: fmt.Sprint("it can't be folded: ", panicked)}
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
