// Package publish sends what is public to others, as CloudEvents on a bus. Which events those are, and what they say, it is
// told: see [Public].
package publish

import (
	"context"
	"errors"

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

// Prefix begins the type of every integration event.
const Prefix = "org.annals."

// Data is what an integration event says: such as that an order was placed. A change of its fields that is more than an optional
// field added is another event, of the next version.
type Data interface {
	// Type is the public name after Prefix, with the version: "order.placed.v1".
	Type() string
}

// Public says which events others may know, and what they look like outside.
type Public struct {
	// Sources are the types of streams that have public events, each with the decoder of its events.
	Sources map[string]es.Decoder
	// Of is what an event of a stream is outside, nil if it is private.
	//
	// Errors: one for an event that nobody has decided on.
	Of func(stream es.StreamID, event any) (Data, error)
}

// NewPublisher returns the reaction that sends what is public to a bus: each event of a stream once those before it were
// accepted, at least once. It has no past: see [reaction.Reaction].
func NewPublisher(bus Bus, source string, public Public) *reaction.Reactor {
	return reaction.New(reaction.Reaction{
		Name:    Name,
		Sources: public.Sources,
		React: func(ctx context.Context, e projection.Event, cmd es.Command) error {
			data, err := public.Of(e.Stream, e.Data)
			if err != nil || data == nil {
				return err
			}
			detail, err := envelope(source, e, cmd, data)
			if err != nil {
				return err
			}
			return bus.Send(ctx, Message{Type: Prefix + data.Type(), Detail: detail})
		},
		Transient:      func(err error) bool { return errors.As(err, new(*UnavailableError)) },
		RetryFromQueue: true,
	})
}
