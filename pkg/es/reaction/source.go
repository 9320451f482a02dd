package reaction

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Handler reacts to events of some Go types. Make one with [On] or [OnTypes].
type Handler struct {
	takes func(event reflect.Type) bool
	react func(ctx context.Context, e projection.Event[any], cmd es.Command) error
}

// On returns a handler for events of type E, which may be an interface that several event types satisfy. react executes
// the command cmd. It comes with an id, a fingerprint, the event's correlation id, and the event's commit as its cause.
// After a transient error the engine delivers the event again. Any other error, or a panic, parks the stream.
func On[E any](react func(ctx context.Context, e projection.Event[E], cmd es.Command) error) Handler {
	event := reflect.TypeFor[E]()
	takes := func(t reflect.Type) bool { return t.AssignableTo(event) }
	if react == nil {
		return Handler{takes: takes}
	}
	return Handler{
		takes: takes,
		react: func(ctx context.Context, e projection.Event[any], cmd es.Command) error {
			return react(ctx, projection.EventAs[E](e), cmd)
		},
	}
}

// OnTypes returns a handler for events with the Go type of one of the prototypes. It works like [On].
func OnTypes(
	react func(ctx context.Context, e projection.Event[any], cmd es.Command) error, prototypes ...any,
) Handler {
	var types []reflect.Type
	for _, p := range prototypes {
		types = append(types, reflect.TypeOf(p))
	}
	return Handler{takes: func(t reflect.Type) bool { return slices.Contains(types, t) }, react: react}
}

// Source is one type of stream that a reaction reads, with its handlers.
type Source struct {
	streamType string
	events     registry
	handlers   []Handler
}

// registry is the part of an [es.Registry] that a source uses.
type registry interface {
	es.Decoder
	Check() error
	TypeOf(name string, schema int) (reflect.Type, bool)
	StoredTypes() []es.StoredType
}

// From returns the source of an aggregate's streams. Each event goes to all handlers that accept its type, in their
// order. Events that no handler accepts cost no requests.
func From[A, E any](a es.Aggregate[A, E], handlers ...Handler) Source {
	return Source{streamType: a.StreamType, events: a.Events, handlers: handlers}
}

// mistake returns what is wrong with a source, or "".
func (s Source) mistake() string {
	if s.events == nil {
		return "a source is empty: make it with From"
	}
	if err := s.events.Check(); err != nil {
		return fmt.Sprintf("%s: %v", s.streamType, err)
	}
	for _, h := range s.handlers {
		if h.takes == nil || h.react == nil {
			return fmt.Sprintf("a handler of %s has no function", s.streamType)
		}
	}
	return ""
}

// handles reports whether a stored event concerns the reaction. Only current events that no handler accepts do not; an
// old event counts, because an upcaster may lead to any type.
func (s Source) handles(e es.RawEvent) bool {
	event, current := s.events.TypeOf(e.Type, e.Schema)
	return !current || slices.ContainsFunc(s.handlers, func(h Handler) bool { return h.takes(event) })
}

func (s Source) react(ctx context.Context, e projection.Event[any], cmd es.Command) error {
	for _, h := range s.handlers {
		if !h.takes(reflect.TypeOf(e.Data)) {
			continue
		}
		if err := h.react(ctx, e, cmd); err != nil {
			return err
		}
	}
	return nil
}
