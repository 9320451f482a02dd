package es

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Upcaster converts stored payloads of an older schema to current events. [UpcastJSON] makes one that yields one event,
// [UpcastFunc] one that yields several or none. If the result is not current either, its own upcaster converts it
// further.
type Upcaster struct {
	to []typeSchema // all types and schemas that it may yield
	up func(data json.RawMessage) ([]RawEvent, error)
}

type typeSchema struct {
	name   string
	schema int
}

func (t typeSchema) String() string { return fmt.Sprintf("%s schema %d", t.name, t.schema) }

// UpcastJSON returns an upcaster to one event of the given type and schema. From and To are structs with JSON tags: the
// old and the new payload. The result of convert must depend on its argument alone.
func UpcastJSON[From, To any](name string, schema int, convert func(From) (To, error)) Upcaster {
	return UpcastFunc(func(data json.RawMessage) ([]RawEvent, error) {
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
	}, StoredType{Name: name, Schema: schema})
}

// UpcastFunc returns an upcaster that splits an event into several or drops it. List the types and schemas of all
// events that up may return; list none if it always drops the event. The result of up must depend on its argument
// alone.
func UpcastFunc(up func(data json.RawMessage) ([]RawEvent, error), to ...StoredType) Upcaster {
	u := Upcaster{up: up}
	for _, t := range to {
		u.to = append(u.to, typeSchema{t.Name, t.Schema})
	}
	return u
}

// Upcast registers the upcaster for an old type and schema. It returns the registry, so that calls can be chained. It
// never panics: [Registry.Check] returns the mistakes. The schema must be older than the current one and be registered
// once. Upcasters must not form a cycle.
func (r *Registry[E]) Upcast(name string, schema int, up Upcaster) *Registry[E] {
	key := typeSchema{name, schema}
	if _, twice := r.upcasters[key]; twice {
		r.mistake("upcaster of event %q schema %d is registered twice", name, schema)
		return r
	}
	if t, current := r.byName[name]; schema < 1 || (current && schema >= t.schema) {
		r.mistake("upcaster of event %q schema %d: the schema is not older than the current one", name, schema)
		return r
	}
	if up.up == nil {
		r.mistake("upcaster of event %q schema %d has no function", name, schema)
		return r
	}
	r.upcasters[key] = up
	if circle := r.circle([]typeSchema{key}, map[typeSchema]bool{}); circle != nil {
		r.mistake("upcaster of event %q schema %d leads back to itself: %s", name, schema, strings.Join(circle, " → "))
		delete(r.upcasters, key)
	}
	return r
}

// circle returns the path if the last of the steps leads back to the first, else nil. seen holds steps already known
// not to.
func (r *Registry[E]) circle(steps []typeSchema, seen map[typeSchema]bool) []string {
	for _, to := range r.upcasters[steps[len(steps)-1]].to {
		further := append(slices.Clip(steps), to)
		if to == steps[0] {
			names := make([]string, len(further))
			for i, step := range further {
				names[i] = step.String()
			}
			return names
		}
		if seen[to] {
			continue
		}
		seen[to] = true
		if circle := r.circle(further, seen); circle != nil {
			return circle
		}
	}
	return nil
}

// maxUpcast is the maximum number of events that upcasters may produce from one stored event, intermediate ones
// included.
const maxUpcast = 1000

// upcasting decodes one stored event of an old schema.
type upcasting[E any] struct {
	*Registry[E]
	at    StreamVersion
	yield func(E) error
	count int // events produced so far
}

func (u *upcasting[E]) corrupt(raw RawEvent, err error, format string, args ...any) error {
	reason := fmt.Sprintf("upcast of %s schema %d", raw.Type, raw.Schema) + fmt.Sprintf(format, args...)
	return &CorruptError{Stream: u.at.Stream, Version: u.at.Version, Reason: reason, Err: err}
}

// decode decodes an event, through upcasters if it is old. Upcasters form no cycle, so decode ends; maxUpcast limits
// how many events repeated splits produce.
func (u *upcasting[E]) decode(raw RawEvent) error {
	up, old := u.upcasters[typeSchema{raw.Type, raw.Schema}]
	if !old {
		return u.decodeNewest(u.at, raw, u.yield)
	}
	newer, err := up.up(raw.Data)
	if err != nil {
		return u.corrupt(raw, err, "")
	}
	if u.count += len(newer); u.count > maxUpcast {
		return u.corrupt(raw, nil, ": the stored event becomes more than %d events", maxUpcast)
	}
	for _, event := range newer {
		if !slices.Contains(up.to, typeSchema{event.Type, event.Schema}) {
			return u.corrupt(raw, nil, " yields %s schema %d, which is not listed: list all types that it yields in UpcastFunc",
				event.Type, event.Schema)
		}
		if err := u.decode(event); err != nil {
			return err
		}
	}
	return nil
}
