package es

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// EventType ties a Go type of event to the name and schema under which it is stored.
type EventType[E any] struct {
	name   string
	schema int
	typ    reflect.Type
}

// Type declares that events of the prototype's Go type are stored under a name, with a schema from 1. The name is stored
// for ever: it is part of the data, not of the code.
func Type[E any](name string, schema int, prototype E) EventType[E] {
	return EventType[E]{name: name, schema: schema, typ: reflect.TypeOf(prototype)}
}

// Registry knows the events of one kind of aggregate, E being the interface that all of them satisfy.
type Registry[E any] struct {
	byName    map[string]EventType[E]
	byType    map[reflect.Type]EventType[E]
	upcasters map[typeSchema]Upcaster
	mistakes  []string
}

// NewRegistry returns a registry of the types given. It never panics: [Registry.Check] returns what is wrong with them. A
// name or a Go type may be registered once, a name must not be empty, a schema is 1 or more, and a type is a plain struct.
func NewRegistry[E any](types ...EventType[E]) *Registry[E] {
	r := &Registry[E]{
		byName: map[string]EventType[E]{}, byType: map[reflect.Type]EventType[E]{}, upcasters: map[typeSchema]Upcaster{},
	}
	for _, t := range types {
		switch {
		case t.name == "" || t.schema < 1:
			r.mistake("event type %v: needs a name and a schema from 1, has %q and %d", t.typ, t.name, t.schema)
			continue
		case t.typ == nil || t.typ.Kind() != reflect.Struct:
			r.mistake("event type %q: %v is not a struct", t.name, t.typ)
			continue
		}
		if _, twice := r.byName[t.name]; twice {
			r.mistake("event type %q is registered twice", t.name)
			continue
		}
		if _, twice := r.byType[t.typ]; twice {
			r.mistake("Go type %v is registered twice", t.typ)
			continue
		}
		r.byName[t.name], r.byType[t.typ] = t, t
	}
	return r
}

func (r *Registry[E]) mistake(format string, args ...any) {
	r.mistakes = append(r.mistakes, fmt.Sprintf(format, args...))
}

// Check returns an error that names all mistakes in the registry's declaration, its upcasters included. A registry that has
// one neither encodes nor decodes. [NewRepository] checks the registry of its aggregate.
func (r *Registry[E]) Check() error {
	switch {
	case r == nil:
		return errors.New("there is no registry of events: make one with NewRegistry")
	case len(r.mistakes) > 0:
		return errors.New(strings.Join(r.mistakes, "; "))
	}
	return nil
}

// Encode returns an event as it is stored.
//
// Errors: that of [Registry.Check]; one that names a type that is not registered; one of an event that JSON can't hold.
func (r *Registry[E]) Encode(event E) (RawEvent, error) {
	if err := r.Check(); err != nil {
		return RawEvent{}, fmt.Errorf("encode event %T: %w", event, err)
	}
	t, ok := r.byType[reflect.TypeOf(event)]
	if !ok {
		return RawEvent{}, fmt.Errorf("encode event %T: its type is not registered", event)
	}
	data, err := json.Marshal(event)
	if err != nil {
		return RawEvent{}, fmt.Errorf("encode event %s: %w", t.name, err)
	}
	return RawEvent{Type: t.name, Schema: t.schema, Data: data}, nil
}

// Decode calls yield for each event that a commit's i-th stored event stands for: one, unless an upcaster splits or drops it.
//
// Errors: [UnknownEventError]; [CorruptError] where the payload does not fit the type, or an upcaster refuses it; yield's own;
// that of [Registry.Check].
func (r *Registry[E]) Decode(c *Commit, i int, yield func(E) error) error {
	if err := r.Check(); err != nil {
		return fmt.Errorf("decode event %s: %w", c.Events[i].Type, err)
	}
	u := upcasting[E]{Registry: r, at: StreamVersion{c.Stream, c.Version + int64(i)}, yield: yield}
	return u.decode(c.Events[i])
}

// decodeNewest decodes an event of a type and schema that are written today.
func (r *Registry[E]) decodeNewest(at StreamVersion, raw RawEvent, yield func(E) error) error {
	t, known := r.byName[raw.Type]
	if !known || raw.Schema != t.schema {
		return &UnknownEventError{Stream: at.Stream, Version: at.Version, Type: raw.Type, Schema: raw.Schema, Newest: t.schema}
	}
	v := reflect.New(t.typ)
	if err := json.Unmarshal(raw.Data, v.Interface()); err != nil {
		return &CorruptError{Stream: at.Stream, Version: at.Version, Reason: "payload of " + raw.Type, Err: err}
	}
	event, _ := v.Elem().Interface().(E)
	return yield(event)
}

// StoredType is a type and schema of events that a registry reads.
type StoredType struct {
	Name   string
	Schema int
	// Old says that it is no longer written: an upcaster reads it.
	Old bool
}

// StoredTypes lists what the registry reads, by name and schema.
func (r *Registry[E]) StoredTypes() []StoredType {
	var all []StoredType
	for _, t := range r.byName {
		all = append(all, StoredType{Name: t.name, Schema: t.schema})
	}
	for key := range r.upcasters {
		all = append(all, StoredType{Name: key.name, Schema: key.schema, Old: true})
	}
	slices.SortFunc(all, func(a, b StoredType) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Schema, b.Schema)) })
	return all
}

// TypeOf returns the Go type of the events that are stored under a name with a schema today; false if there are none, or
// only an upcaster reads them.
func (r *Registry[E]) TypeOf(name string, schema int) (reflect.Type, bool) {
	t, known := r.byName[name]
	return t.typ, known && t.schema == schema
}

// ReadAs lists the Go types of the events that an event stored under a name with a schema may be read as, in no order: its own if it
// is written today, else those that its upcaster may lead to.
func (r *Registry[E]) ReadAs(name string, schema int) []reflect.Type {
	if t, current := r.TypeOf(name, schema); current {
		return []reflect.Type{t}
	}
	var all []reflect.Type
	for _, to := range r.upcasters[typeSchema{name, schema}].to { // they lead in no circle
		all = append(all, r.ReadAs(to.name, to.schema)...)
	}
	return all
}

// GoTypes lists the Go types of the registered events, in the order of their names.
func (r *Registry[E]) GoTypes() []reflect.Type {
	var all []reflect.Type
	for _, name := range slices.Sorted(maps.Keys(r.byName)) {
		all = append(all, r.byName[name].typ)
	}
	return all
}

// DecodeAny is Decode for readers of several kinds of aggregate, such as projections.
//
// Errors: those of Decode.
func (r *Registry[E]) DecodeAny(c *Commit, i int, yield func(event any) error) error {
	return r.Decode(c, i, func(e E) error { return yield(e) })
}

// EncodeAny is Encode for those who hold events of several kinds of aggregate, such as tests of projections.
//
// Errors: those of Encode; one that names a type that does not satisfy E.
func (r *Registry[E]) EncodeAny(event any) (RawEvent, error) {
	e, ok := event.(E)
	if !ok {
		return RawEvent{}, fmt.Errorf("encode event: %T is not of this registry", event)
	}
	return r.Encode(e)
}

// Decoder decodes the events of a stream, whatever its kind of aggregate. Every [Registry] is one.
type Decoder interface {
	// DecodeAny calls yield for each event that a commit's i-th stored event stands for.
	//
	// Errors: those of [Registry.Decode].
	DecodeAny(c *Commit, i int, yield func(event any) error) error
}
