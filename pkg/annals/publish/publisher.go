// Package publish sends what is public to others, as CloudEvents on a bus. Which events those are, and what they say, it is
// told: see [Public].
package publish

import (
	"context"
	"errors"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// The environment variables that tell a function the ARN of the bus, and the source of its events.
const (
	BusEnv    = "EVENT_BUS_ARN"
	SourceEnv = "EVENT_SOURCE"
)

// Name is the publisher's name among the reactions. The events' ids are made with it: under another name, all are others.
const Name = "publisher"

// Bus takes integration events.
type Bus interface {
	// Send returns when the bus has accepted an event.
	//
	// Errors: [UnavailableError] if it can't now; anything else if it never will.
	Send(ctx context.Context, e Message) error
}

// Message is an integration event on its way.
type Message struct {
	// Type is the event's whole type, Detail the event with its envelope, as JSON.
	Type   string
	Detail []byte
}

// UnavailableError says that a bus takes nothing for now.
type UnavailableError struct{ Err error }

func (e *UnavailableError) Error() string { return "the bus takes nothing for now: " + e.Err.Error() }
func (e *UnavailableError) Unwrap() error { return e.Err }

// Data is what an integration event says: such as that an order was placed. A change of its fields that is more than an optional
// field added is another event, of the next version.
type Data interface {
	// Type is the public name after the service's prefix, with the version: "order.placed.v1".
	Type() string
}

// Public are the events of one kind of aggregate that others may know. [Of] makes it.
type Public struct {
	// StreamType is that of the aggregate's streams.
	StreamType string

	sent sent
}

// sent is an interface for the linker: only the function that publishes holds the code of it.
type sent interface {
	source(send) reaction.Source
}

// send sends what an event is outside.
type send = func(ctx context.Context, e projection.Event[any], cmd es.Command, data Data) error

// Of says that those events of an aggregate are public that have the type of one of the prototypes. data is what an event of the
// aggregate with an id is outside, nil if it is private after all. It panics if a prototype is no event of the aggregate.
func Of[A, E any](a es.Aggregate[A, E], data func(id string, event E) (Data, error), prototypes ...any) Public {
	for _, p := range prototypes {
		if _, ok := p.(E); !ok {
			panic(fmt.Sprintf("%T is no event of %s", p, a.StreamType))
		}
	}
	return Public{StreamType: a.StreamType, sent: &mapping[A, E]{a, data, prototypes}}
}

type mapping[A, E any] struct {
	aggregate  es.Aggregate[A, E]
	data       func(id string, event E) (Data, error)
	prototypes []any
}

func (m *mapping[A, E]) source(send send) reaction.Source {
	return reaction.From(m.aggregate, reaction.OnTypes(func(ctx context.Context, e projection.Event[any], cmd es.Command) error {
		out, err := m.data(e.Stream.ID, e.Data.(E))
		if err != nil || out == nil {
			return err
		}
		return send(ctx, e, cmd, out)
	}, m.prototypes...))
}

// NewPublisher returns the reaction that sends what is public to a bus, from a source, as types that begin with a prefix: each event of a stream once those before it were
// accepted, at least once. It has no past: see [reaction.Reaction].
func NewPublisher(bus Bus, source, prefix string, public ...Public) *reaction.Reactor {
	r := reaction.Reaction{
		Name:           Name,
		Transient:      func(err error) bool { return errors.As(err, new(*UnavailableError)) },
		RetryFromQueue: true,
	}
	for _, p := range public {
		r.Sources = append(r.Sources, p.sent.source(func(ctx context.Context, e projection.Event[any], cmd es.Command, data Data) error {
			detail, err := envelope(source, prefix+data.Type(), e, cmd, data)
			if err != nil {
				return err
			}
			return bus.Send(ctx, Message{Type: prefix + data.Type(), Detail: detail})
		}))
	}
	return reaction.New(r)
}
