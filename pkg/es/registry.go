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

// EventType maps a Go type of event to the name and schema under which it is stored.
type EventType[E any] struct {
	name   string
	schema int
	typ    reflect.Type
	marks  *marks // its personal data, nil if it has none
}

// Type declares the stored name and schema (from 1) of events with the prototype's Go type. The name is part of the
// stored data: it can never be changed. Fields with personal data have struct tags: see package personal.
func Type[E any](name string, schema int, prototype E) EventType[E] {
	return EventType[E]{name: name, schema: schema, typ: reflect.TypeOf(prototype)}
}

// Registry holds the event types of one kind of aggregate. E is the interface that all of them satisfy.
type Registry[E any] struct {
	byName    map[string]EventType[E]
	byType    map[reflect.Type]EventType[E]
	upcasters map[typeSchema]Upcaster
	mistakes  []string
	erasing   bool // decode erased values, whatever is known of the personal data
}

// NewRegistry returns a registry of the given types. It never panics: [Registry.Check] returns the mistakes. Each name
// and each Go type may be registered once, a name must not be empty, a schema must be at least 1, and a type must be a
// struct, not a pointer.
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
		var err error
		if t.marks, err = marksOf(t.typ); err != nil {
			r.mistake("event type %q: %v", t.name, err)
			continue
		}
		r.byName[t.name], r.byType[t.typ] = t, t
	}
	return r
}

func (r *Registry[E]) mistake(format string, args ...any) {
	r.mistakes = append(r.mistakes, fmt.Sprintf(format, args...))
}

// Check returns one error that lists all mistakes in the registry and its upcasters, or nil. A registry with mistakes
// neither encodes nor decodes. [NewRepository] checks the registry of its aggregate.
func (r *Registry[E]) Check() error {
	switch {
	case r == nil:
		return errors.New("the registry of events is missing: make one with NewRegistry")
	case len(r.mistakes) > 0:
		return errors.New(strings.Join(r.mistakes, "; "))
	}
	return nil
}

// Encode returns the stored form of an event. Values of fields that are marked as personal are in it as they are: a
// store with keys encrypts them (see package personal), and other stores refuse them.
//
// Errors: that of [Registry.Check]; an error that names an unregistered type; an error if JSON cannot represent the
// event, if a personal value has no subject, or if an object begins with the name "$sealed".
func (r *Registry[E]) Encode(event E) (RawEvent, error) {
	if err := r.Check(); err != nil {
		return RawEvent{}, fmt.Errorf("encode event %T: %w", event, err)
	}
	t, ok := r.byType[reflect.TypeOf(event)]
	if !ok {
		return RawEvent{}, fmt.Errorf("encode event %T: the type is not registered: add it to NewRegistry", event)
	}
	data, err := json.Marshal(event)
	if err != nil {
		return RawEvent{}, fmt.Errorf("encode event %s: %w", t.name, err)
	}
	return r.mark(RawEvent{Type: t.name, Schema: t.schema, Data: data}, t.marks)
}

// Decode calls yield for each event that the i-th stored event of a commit stands for: one, unless an upcaster splits
// or drops it. Encrypted values need a commit that a store with keys read. Without the key, they are decoded to their
// erased values.
//
// Errors: [UnknownEventError]; [SealedError]; [CorruptError] if the payload does not fit the type, an upcaster fails or a personal value
// can't be decrypted; those of the keys of personal values; yield's own; that of [Registry.Check].
func (r *Registry[E]) Decode(c *Commit, i int, yield func(E) error) error {
	if err := r.Check(); err != nil {
		return fmt.Errorf("decode event %s: %w", c.Events[i].Type, err)
	}
	u := upcasting[E]{Registry: r, at: StreamVersion{c.Stream, c.Version + int64(i)}, yield: yield}
	raw := c.Events[i]
	data, err := r.payload(u.at, raw)
	if err != nil {
		return err
	}
	return u.decode(RawEvent{Type: raw.Type, Schema: raw.Schema, Data: data})
}

// decodeNewest decodes an event of a current type and schema.
func (r *Registry[E]) decodeNewest(at StreamVersion, raw RawEvent, yield func(E) error) error {
	t, known := r.byName[raw.Type]
	if !known || raw.Schema != t.schema {
		return &UnknownEventError{Stream: at.Stream, Version: at.Version, Type: raw.Type, Schema: raw.Schema, Newest: t.schema}
	}
	if r.erasing && t.marks != nil {
		var err error
		if raw.Data, err = t.marks.erase(raw.Data); err != nil {
			return &CorruptError{Stream: at.Stream, Version: at.Version, Reason: "payload of " + raw.Type, Err: err}
		}
	}
	v := reflect.New(t.typ)
	if err := json.Unmarshal(raw.Data, v.Interface()); err != nil {
		return &CorruptError{Stream: at.Stream, Version: at.Version, Reason: "payload of " + raw.Type, Err: err}
	}
	event, _ := v.Elem().Interface().(E)
	return yield(event)
}

// StoredType is the name and schema of events that a registry can read.
type StoredType struct {
	Name   string
	Schema int
	// Old is true if events with this schema are no longer written: an upcaster reads them.
	Old bool
}

// StoredTypes returns what the registry can read, sorted by name and schema.
func (r *Registry[E]) StoredTypes() []StoredType {
	var all []StoredType
	for _, t := range r.byName {
		all = append(all, StoredType{Name: t.name, Schema: t.schema})
	}
	for key := range r.upcasters {
		all = append(all, StoredType{Name: key.name, Schema: key.schema, Old: true})
	}
	slices.SortFunc(all, func(a, b StoredType) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Schema, b.Schema))
	})
	return all
}

// TypeOf returns the Go type of events that are written under a name and schema. It returns false if there is none, or
// if only an upcaster reads this schema.
func (r *Registry[E]) TypeOf(name string, schema int) (reflect.Type, bool) {
	t, known := r.byName[name]
	return t.typ, known && t.schema == schema
}

// ReadAs returns the Go types that an event stored under a name and schema may be decoded to: its own type if the
// schema is current, else those that its upcaster may lead to. The order is undefined.
func (r *Registry[E]) ReadAs(name string, schema int) []reflect.Type {
	if t, current := r.TypeOf(name, schema); current {
		return []reflect.Type{t}
	}
	var all []reflect.Type
	for _, to := range r.upcasters[typeSchema{name, schema}].to { // ends: upcasters form no cycle
		all = append(all, r.ReadAs(to.name, to.schema)...)
	}
	return all
}

// GoTypes returns the Go types of the registered events, sorted by stored name.
func (r *Registry[E]) GoTypes() []reflect.Type {
	var all []reflect.Type
	for _, name := range slices.Sorted(maps.Keys(r.byName)) {
		all = append(all, r.byName[name].typ)
	}
	return all
}

// DecodeAny is Decode for callers that read several kinds of aggregate, such as projections.
//
// Errors: those of Decode.
func (r *Registry[E]) DecodeAny(c *Commit, i int, yield func(event any) error) error {
	return r.Decode(c, i, func(e E) error { return yield(e) })
}

// EncodeAny is Encode for callers with events of several kinds of aggregate, such as tests of projections.
//
// Errors: those of Encode; an error that names a type that does not satisfy E.
func (r *Registry[E]) EncodeAny(event any) (RawEvent, error) {
	e, ok := event.(E)
	if !ok {
		return RawEvent{}, fmt.Errorf("encode event %T: the type does not belong to this registry", event)
	}
	return r.Encode(e)
}

// Decoder decodes the events of a stream without knowing their Go types. Every [Registry] is a Decoder.
type Decoder interface {
	// DecodeAny calls yield for each event that the i-th stored event of a commit stands for.
	//
	// Errors: those of [Registry.Decode].
	DecodeAny(c *Commit, i int, yield func(event any) error) error
}
