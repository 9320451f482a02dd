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

// NewPublisher returns the reaction that sends what is public to a bus: each event of a stream once those before it were
// accepted, at least once. It has no past: see [reaction.Reaction].
func NewPublisher(bus Bus, source string) *reaction.Reactor {
	return reaction.New(reaction.Reaction{
		Name:    Name,
		Sources: Sources,
		React: func(ctx context.Context, e projection.Event, cmd es.Command) error {
			data, err := Of(e.Stream, e.Data)
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
