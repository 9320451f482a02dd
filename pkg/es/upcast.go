package es

import (
	"encoding/json"
	"fmt"
)

// Upcaster turns a stored payload of an older schema into what stands for it now: one event of a newer schema or another
// type, several, or none. What it returns is upcast further if need be. It must depend on the payload alone.
type Upcaster func(data json.RawMessage) ([]RawEvent, error)

type typeSchema struct {
	name   string
	schema int
}

// Upcast registers how events of a type and schema that are no longer written are read. It returns the registry, so that
// calls chain, and panics where the schema is the one that is written today, or is registered already.
func (r *Registry[E]) Upcast(name string, schema int, up Upcaster) *Registry[E] {
	key := typeSchema{name, schema}
	if _, twice := r.upcasters[key]; twice {
		panic(fmt.Sprintf("upcaster of event %q schema %d is registered twice", name, schema))
	}
	if t, current := r.byName[name]; schema < 1 || (current && schema >= t.schema) {
		panic(fmt.Sprintf("upcaster of event %q schema %d: the schema is not an older one", name, schema))
	}
	r.upcasters[key] = up
	return r
}

// UpcastJSON returns an upcaster to one event of a type and schema, whose payload is made from the old one: From and To
// are structs with JSON tags.
func UpcastJSON[From, To any](name string, schema int, convert func(From) (To, error)) Upcaster {
	return func(data json.RawMessage) ([]RawEvent, error) {
		var from From
		if err := json.Unmarshal(data, &from); err != nil {
			return nil, err
		}
		to, err := convert(from)
		if err != nil {
			return nil, err
		}
		out, err := json.Marshal(to)
		return []RawEvent{{Type: name, Schema: schema, Data: out}}, err
	}
}

// upcast decodes what an old event stands for.
func (r *Registry[E]) upcast(at StreamVersion, raw RawEvent, up Upcaster, yield func(E) error) error {
	newer, err := up(raw.Data)
	if err != nil {
		reason := fmt.Sprintf("upcast of %s schema %d", raw.Type, raw.Schema)
		return &CorruptError{Stream: at.Stream, Version: at.Version, Reason: reason, Err: err}
	}
	for _, event := range newer {
		if event.Type == raw.Type && event.Schema <= raw.Schema { // it would go on for ever
			reason := fmt.Sprintf("upcast of %s schema %d yields schema %d", raw.Type, raw.Schema, event.Schema)
			return &CorruptError{Stream: at.Stream, Version: at.Version, Reason: reason}
		}
		if err := r.decode(at, event, yield); err != nil {
			return err
		}
	}
	return nil
}
