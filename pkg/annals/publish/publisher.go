// Package publish sends public events to other systems, as CloudEvents on a bus. Start with [Of], which says which
// events are public and what they look like outside, and [NewPublisher].
package publish

import (
	"context"
	"errors"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// The environment variables that hold the ARN of the bus, and the source of its events.
const (
	BusEnv    = "EVENT_BUS_ARN"
	SourceEnv = "EVENT_SOURCE"
)

// Name is the publisher's name among the reactions. The ids of public events are derived from it, so it must not
// change.
const Name = "publisher"

// Bus takes integration events.
type Bus interface {
	// Send returns once the bus has accepted an event.
	//
	// Errors: [UnavailableError] if the bus can't accept it now; any other error if it never will.
	Send(ctx context.Context, e Message) error
}

// Message is an integration event to send.
type Message struct {
	// Type is the full type of the event. Detail is the event with its envelope, as JSON.
	Type   string
	Detail []byte
}

// UnavailableError reports that a bus can't accept events now. The same event may succeed later.
type UnavailableError struct{ Err error }

func (e *UnavailableError) Error() string { return "the event bus is unavailable: " + e.Err.Error() }
func (e *UnavailableError) Unwrap() error { return e.Err }

// Data is the content of an integration event, for example of "order placed". A change of its fields, other than a new
// optional field, needs a new event type with the next version.
type Data interface {
	// Type is the public name after the service's prefix, with the version: "order.placed.v1".
	Type() string
}

// Public are the public events of one kind of aggregate. [Of] makes it.
type Public struct {
	// StreamType is the type of the aggregate's streams.
	StreamType string

	sent sent
}

// sent is an interface, so that the linker puts its code only into the function that publishes.
type sent interface {
	source(send) reaction.Source
}

// send sends the public form of an event.
type send = func(ctx context.Context, e projection.Event[any], cmd es.Command, data Data) error

// Of makes events of an aggregate public: those that have the type of one of the prototypes. data returns the public
// form of an event of the aggregate with an id, or nil if the event is private after all. Fields that are marked as
// personal have their erased values in it. Of panics if a prototype is not an event of the aggregate.
func Of[A, E any](a es.Aggregate[A, E], data func(id string, event E) (Data, error), prototypes ...any) Public {
	for _, p := range prototypes {
		if _, ok := p.(E); !ok {
			panic(fmt.Sprintf("%T is not an event of %s", p, a.StreamType))
		}
	}
	if a.Events != nil {
		a.Events = a.Events.Erasing()
	}
	return Public{StreamType: a.StreamType, sent: &mapping[A, E]{a, data, prototypes}}
}

// mapping has the code that needs the types. Personal data is erased before data sees an event: it never leaves.
type mapping[A, E any] struct {
	aggregate  es.Aggregate[A, E]
	data       func(id string, event E) (Data, error)
	prototypes []any
}

func (m *mapping[A, E]) source(send send) reaction.Source {
	return reaction.From(m.aggregate,
		reaction.OnTypes(func(ctx context.Context, e projection.Event[any], cmd es.Command) error {
			out, err := m.data(e.Stream.ID, e.Data.(E))
			if err != nil || out == nil {
				return err
			}
			return send(ctx, e, cmd, out)
		}, m.prototypes...))
}

// Count returns how many integration events the events of a stream stand for, by type.
//
// Errors: the store's; those of the functions that make the public form.
func Count(
	ctx context.Context, events es.Reader, stream es.StreamID, prefix string, public ...Public,
) (map[string]int, error) {
	all := counter{}
	p := NewPublisher(all, "", prefix, public...)
	if !p.Reads(stream.Type) {
		return nil, nil
	}
	_, err := p.Repeat(ctx, events, stream, 1)
	return all, err
}

// counter is a bus that only counts.
type counter map[string]int

// Send implements [Bus].
func (c counter) Send(_ context.Context, e Message) error {
	c[e.Type]++
	return nil
}

// NewPublisher returns the reaction that sends public events to a bus. source is their CloudEvents source, prefix
// begins their types. An event is sent once the earlier ones of its stream were accepted, and at least once. Events
// from before its first start are not sent: see [reaction.Reaction].
func NewPublisher(bus Bus, source, prefix string, public ...Public) *reaction.Reactor {
	r := reaction.Reaction{
		Name:           Name,
		Transient:      func(err error) bool { return errors.As(err, new(*UnavailableError)) },
		RetryFromQueue: true,
	}
	for _, p := range public {
		r.Sources = append(r.Sources,
			p.sent.source(func(ctx context.Context, e projection.Event[any], cmd es.Command, data Data) error {
				detail, err := envelope(source, prefix+data.Type(), e, cmd, data)
				if err != nil {
					return err
				}
				return bus.Send(ctx, Message{Type: prefix + data.Type(), Detail: detail})
			}))
	}
	return reaction.New(r)
}
