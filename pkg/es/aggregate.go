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
	// Owner returns the stream's owner, who is the subject of fields that are marked `personal:"owner"`, from the stream's
	// first event and its commit's metadata. If nil, the owner is the actor of the first commit.
	Owner func(first E, meta Meta) string
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
			reason := fmt.Sprint("Evolve panicked: ", panicked)
			if a.Events.HasPersonal() { // the text may cite personal data
				reason = fmt.Sprintf("Evolve panicked with a %T", panicked)
			}
			err = &CorruptError{Stream: c.Stream, Version: c.Version, Reason: reason}
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

// encode returns events in their stored form. It calls owner if an event has personal data of the stream's owner.
func (a *Aggregate[S, E]) encode(events []E, owner func() (string, error)) ([]RawEvent, error) {
	raw := make([]RawEvent, len(events))
	for i, event := range events {
		var err error
		if raw[i], err = a.Events.Encode(event); err == nil && raw[i].ofOwner() {
			var subject string
			if subject, err = owner(); err == nil {
				raw[i], err = raw[i].OwnedBy(subject)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.StreamType, err)
		}
	}
	return raw, nil
}

// ownerOf returns the owner of the stream that a commit begins.
//
// Errors: those of [Registry.Decode].
func (a *Aggregate[S, E]) ownerOf(first *Commit) (owner string, err error) {
	if a.Owner == nil {
		return first.Meta.Actor, nil
	}
	found := false
	err = a.Events.Decode(first, 0, func(event E) error {
		if !found { // an upcaster may make several of the first
			owner, found = a.Owner(event, first.Meta), true
		}
		return nil
	})
	return owner, err
}
