package projection

import (
	"reflect"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// EventHandler folds events of one Go type into documents of type S. [On] makes one.
type EventHandler[S any] struct{ handler }

// handler is an EventHandler for documents of any type. The generic code is kept small, because it is compiled once for
// each S.
type handler struct {
	event reflect.Type
	apply func(document any, e Event[any], w *Writes) error // nil if none was given
}

// On returns a handler of events of type E. apply changes the document, and writes rows to w. E may be an interface
// that several event types satisfy. The result must depend on the arguments alone, because an event may be handled more
// than once. An error or a panic parks the stream.
func On[S, E any](apply func(state *S, e Event[E], w *Writes) error) EventHandler[S] {
	if apply == nil {
		return EventHandler[S]{handler{event: reflect.TypeFor[E]()}}
	}
	return EventHandler[S]{handler{
		event: reflect.TypeFor[E](),
		apply: func(document any, e Event[any], w *Writes) error { return apply(document.(*S), EventAs[E](e), w) },
	}}
}

// takes reports whether a handler handles events of a Go type.
func (h *handler) takes(event reflect.Type) bool { return event.AssignableTo(h.event) }

// From returns a source that reads the streams of an aggregate. Each event goes to all handlers that take its type, in
// their order. Events that no handler takes do not concern the projection: it may skip them without storing a
// checkpoint.
func From[S, A, E any](a es.Aggregate[A, E], handlers ...EventHandler[S]) Source[S] {
	s := source{streamType: a.StreamType, events: a.Events, document: reflect.TypeFor[S]()}
	for _, h := range handlers {
		s.handlers = append(s.handlers, h.handler)
	}
	return Source[S]{s}
}

// registry is what a source needs of an [es.Registry].
type registry interface {
	es.Decoder
	TypeOf(name string, schema int) (reflect.Type, bool)
	ReadAs(name string, schema int) []reflect.Type
	Check() error
	GoTypes() []reflect.Type
	HasPersonal() bool
	StoredTypes() []es.StoredType
}

// Source is one type of streams that a projection with documents of type S reads. [From] makes one.
type Source[S any] struct{ source }

// source is a Source for documents of any type.
type source struct {
	streamType string
	document   reflect.Type
	events     registry
	handlers   []handler
}

func (s source) addTo(d *declaration) {
	if s.events == nil {
		d.wrong("a source is empty: make it with From")
		return
	}
	if err := s.events.Check(); err != nil {
		d.wrong("%s: %v", s.streamType, err)
		return
	}
	if _, twice := d.sources[s.streamType]; twice {
		d.wrong("it reads %s twice: give all handlers to one From", s.streamType)
	}
	d.sources[s.streamType] = s
	for _, h := range s.handlers {
		switch {
		case h.event == nil:
			d.wrong("a handler of %s is empty: make it with On", s.streamType)
			continue
		case h.apply == nil:
			d.wrong("the handler of %v has no function", h.event)
		}
		if !s.any(h.takes) {
			d.wrong("no event type of %s is a %v", s.streamType, h.event)
		}
	}
}

func (s source) any(takes func(reflect.Type) bool) bool {
	for _, t := range s.events.GoTypes() {
		if takes(t) {
			return true
		}
	}
	return false
}

// handles reports whether a stored event concerns the projection. An event does not if it is decoded without an
// upcaster and no handler takes it.
func (s source) handles(e es.RawEvent) bool {
	event, current := s.events.TypeOf(e.Type, e.Schema)
	return !current || s.handlesType(event)
}

func (s source) handlesType(event reflect.Type) bool {
	for i := range s.handlers {
		if s.handlers[i].takes(event) {
			return true
		}
	}
	return false
}

// skipped lists the stored types of which no event goes to a handler, whatever the schema: "Order/OrderPlaced".
func (s source) skipped() []string {
	var out []string
	for _, t := range s.events.StoredTypes() {
		if !s.handlesNamed(t.Name) {
			out = append(out, s.streamType+"/"+t.Name)
		}
	}
	return out
}

// handlesNamed reports whether an event stored under a name may be decoded to one that a handler takes.
func (s source) handlesNamed(name string) bool {
	return slices.ContainsFunc(s.events.StoredTypes(), func(t es.StoredType) bool {
		return t.Name == name && slices.ContainsFunc(s.events.ReadAs(t.Name, t.Schema), s.handlesType)
	})
}

// apply decodes a stored event and hands it to the handlers.
func (s source) apply(document any, st step, w *Writes) error {
	if !s.handles(st.commit.Events[st.index]) {
		return nil
	}
	return DecodeEvent(s.events, st.commit, st.index, func(e Event[any]) error {
		for i := range s.handlers {
			if !s.handlers[i].takes(reflect.TypeOf(e.Data)) {
				continue
			}
			if err := s.handlers[i].apply(document, e, w); err != nil {
				return err
			}
		}
		return w.err
	})
}
