package reaction

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Handler reacts to events of some Go types. Make one with [On] or [OnTypes], or, for a [Timer], with [Ask] or
// [AskTypes].
type Handler struct {
	takes func(event reflect.Type) bool
	react func(ctx context.Context, e projection.Event[any], cmd es.Command) error
	ask   func(o *Open, e projection.Event[any])
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
	return Handler{takes: amongTypes(prototypes), react: react}
}

func amongTypes(prototypes []any) func(reflect.Type) bool {
	var types []reflect.Type
	for _, p := range prototypes {
		types = append(types, reflect.TypeOf(p))
	}
	return func(t reflect.Type) bool { return slices.Contains(types, t) }
}

// Ask returns a handler of a [Timer] for events of type E, which may be an interface that several event types satisfy.
// ask sets and cancels deadlines. It depends on nothing else than the event and the open deadlines, because it may be
// called again for the same event. An event that leads to more than [MaxOpen] open deadlines parks the stream, and so
// does a panic.
func Ask[E any](ask func(o *Open, e projection.Event[E])) Handler {
	event := reflect.TypeFor[E]()
	takes := func(t reflect.Type) bool { return t.AssignableTo(event) }
	if ask == nil {
		return Handler{takes: takes}
	}
	return Handler{takes: takes, ask: func(o *Open, e projection.Event[any]) { ask(o, projection.EventAs[E](e)) }}
}

// AskTypes is [Ask] for events with the Go type of one of the prototypes.
func AskTypes(ask func(o *Open, e projection.Event[any]), prototypes ...any) Handler {
	return Handler{takes: amongTypes(prototypes), ask: ask}
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
// order, to each with a command of its own. Events that no handler accepts cost no requests.
func From[A, E any](a es.Aggregate[A, E], handlers ...Handler) Source {
	return Source{streamType: a.StreamType, events: a.Events, handlers: handlers}
}

// mistake returns what is wrong with a source of a reaction or, if asks is true, of a timer; or "".
func (s Source) mistake(asks bool) string {
	if s.events == nil {
		return "a source is empty: make it with From"
	}
	if err := s.events.Check(); err != nil {
		return fmt.Sprintf("%s: %v", s.streamType, err)
	}
	for _, h := range s.handlers {
		switch {
		case h.takes == nil || h.react == nil && h.ask == nil:
			return fmt.Sprintf("a handler of %s has no function", s.streamType)
		case !asks && h.react == nil:
			return fmt.Sprintf("a handler of %s asks for deadlines: use it in a Timer", s.streamType)
		}
	}
	return ""
}

// sources are the sources of a reaction or timer, by the type of their streams.
type sources struct {
	byType   map[string]Source
	mistakes []string
}

func sourcesOf(name string, all []Source, ask bool) sources {
	out := sources{byType: map[string]Source{}}
	for _, s := range all {
		if mistake := s.mistake(ask); mistake != "" {
			out.mistakes = append(out.mistakes, mistake)
			continue
		}
		if _, twice := out.byType[s.streamType]; twice {
			out.mistakes = append(out.mistakes,
				fmt.Sprintf("it reads %s twice: give all handlers to one From", s.streamType))
		}
		out.byType[s.streamType] = s
	}
	if name == "" || len(all) == 0 {
		out.mistakes = append(out.mistakes, "it needs a name and sources")
	}
	return out
}

// mistaken is the error for the mistakes in the declaration of what has a name, or nil.
func mistaken(what, name string, mistakes []string) error {
	if len(mistakes) == 0 {
		return nil
	}
	return fmt.Errorf("%s %q: %s", what, name, strings.Join(mistakes, "; "))
}

func (s sources) reads(streamType string) bool {
	_, reads := s.byType[streamType]
	return reads
}

func (s sources) handles(streamType string, e es.RawEvent) bool {
	return s.byType[streamType].handles(e)
}

func (s sources) storedTypes() map[string][]es.StoredType {
	all := map[string][]es.StoredType{}
	for streamType, source := range s.byType {
		all[streamType] = source.events.StoredTypes()
	}
	return all
}

// handles reports whether a stored event concerns the reaction. Only current events that no handler accepts do not; an
// old event counts, because an upcaster may lead to any type.
func (s Source) handles(e es.RawEvent) bool {
	event, current := s.events.TypeOf(e.Type, e.Schema)
	return !current || slices.ContainsFunc(s.handlers, func(h Handler) bool { return h.takes(event) })
}

func (s Source) react(ctx context.Context, e projection.Event[any], cmd es.Command) error {
	id := cmd.Ref.ID
	for i, h := range s.handlers {
		if h.react == nil || !h.takes(reflect.TypeOf(e.Data)) {
			continue
		}
		if i > 0 { // each handler of an event has a command of its own
			cmd.Ref.ID = fmt.Sprintf("%s-%d", id, i)
		}
		if err := h.react(ctx, e, cmd); err != nil {
			return err
		}
	}
	return nil
}
