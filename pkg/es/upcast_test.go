package es_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
)

// evolved is the counters' registry after several changes: Raised is at schema 3, Lowered was renamed, Moved was split,
// and Noticed was dropped.
func evolved() *es.Registry[counterEvent] {
	type v1 struct{ Amount string }
	type v2 struct{ By float64 }
	return es.NewRegistry(es.Type[counterEvent]("Raised", 3, raised{})).
		Upcast("Raised", 1, es.UpcastJSON("Raised", 2, func(old v1) (v2, error) {
			var by float64
			err := json.Unmarshal([]byte(old.Amount), &by)
			return v2{by}, err
		})).
		Upcast("Raised", 2, es.UpcastJSON("Raised", 3, func(old v2) (raised, error) { return raised{int(old.By)}, nil })).
		Upcast("Lowered", 1, es.UpcastJSON("Raised", 3, func(old raised) (raised, error) { return raised{-old.By}, nil })).
		Upcast("Moved", 1, es.UpcastFunc(func(data json.RawMessage) ([]es.RawEvent, error) {
			return []es.RawEvent{{Type: "Lowered", Schema: 1, Data: data}, {Type: "Raised", Schema: 3, Data: data}}, nil
		}, es.StoredType{Name: "Lowered", Schema: 1}, es.StoredType{Name: "Raised", Schema: 3})).
		Upcast("Noticed", 1, es.UpcastFunc(func(json.RawMessage) ([]es.RawEvent, error) { return nil, nil })).
		Upcast("Strayed", 1, es.UpcastFunc(func(data json.RawMessage) ([]es.RawEvent, error) {
			return []es.RawEvent{{Type: "Strayed", Schema: 1, Data: data}}, nil
		}, es.StoredType{Name: "Raised", Schema: 3}))
}

func TestUpcast(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		raw  es.RawEvent
		want []counterEvent
		err  string
	}{
		{"current", es.RawEvent{Type: "Raised", Schema: 3, Data: json.RawMessage(`{"By":4}`)}, []counterEvent{raised{4}}, ""},
		{
			"chained", es.RawEvent{Type: "Raised", Schema: 1, Data: json.RawMessage(`{"Amount":"4"}`)},
			[]counterEvent{raised{4}}, "",
		},
		{
			"renamed", es.RawEvent{Type: "Lowered", Schema: 1, Data: json.RawMessage(`{"By":4}`)},
			[]counterEvent{raised{-4}}, "",
		},
		{
			"split", es.RawEvent{Type: "Moved", Schema: 1, Data: json.RawMessage(`{"By":4}`)},
			[]counterEvent{raised{-4}, raised{4}}, "",
		},
		{"dropped", es.RawEvent{Type: "Noticed", Schema: 1, Data: json.RawMessage(`{}`)}, nil, ""},
		{
			"refused", es.RawEvent{Type: "Raised", Schema: 1, Data: json.RawMessage(`{"Amount":"x"}`)},
			nil, "upcast of Raised schema 1",
		},
		{
			"not named", es.RawEvent{Type: "Strayed", Schema: 1, Data: json.RawMessage(`{}`)},
			nil, "yields Strayed schema 1, which is not listed",
		},
		{"future", es.RawEvent{Type: "Raised", Schema: 4, Data: json.RawMessage(`{}`)}, nil, "knows schemas up to 3"},
		{"not JSON", es.RawEvent{Type: "Raised", Schema: 2, Data: json.RawMessage(`{`)}, nil, "upcast of Raised schema 2"},
	} {
		var got []counterEvent
		c := es.Commit{Stream: counters.Stream("a"), Version: 7, Events: []es.RawEvent{test.raw}}
		err := evolved().Decode(&c, 0, func(e counterEvent) error { got = append(got, e); return nil })
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("upcast, %s (-want +got):\n%s", test.name, diff)
		}
		switch {
		case test.err == "" && err != nil:
			t.Errorf("upcast, %s: %v", test.name, err)
		case test.err != "" &&
			(err == nil || !strings.Contains(err.Error(), test.err) || !strings.Contains(err.Error(), "Counter#a@7")):
			t.Errorf("%s: %v, want an error with %q and the place of the event", test.name, err, test.err)
		}
	}
	c := es.Commit{
		Stream:  counters.Stream("a"),
		Version: 1,
		Events:  []es.RawEvent{{Type: "Moved", Schema: 1, Data: json.RawMessage(`{}`)}},
	}
	if err := evolved().Decode(&c, 0, func(counterEvent) error { return errFull }); !errors.Is(err, errFull) {
		t.Errorf("yield's own error: %v", err)
	}
}

func TestUpcastRefusesFaults(t *testing.T) {
	t.Parallel()
	to := func(name string, schema int) es.Upcaster {
		return es.UpcastJSON(name, schema, func(old raised) (raised, error) { return old, nil })
	}
	dropped := es.UpcastFunc(func(json.RawMessage) ([]es.RawEvent, error) { return nil, nil })
	for name, test := range map[string]struct {
		register func() *es.Registry[counterEvent]
		says     string
	}{
		"twice": {func() *es.Registry[counterEvent] { return evolved().Upcast("Raised", 1, dropped) }, "registered twice"},
		"current schema": {
			func() *es.Registry[counterEvent] { return evolved().Upcast("Raised", 3, dropped) },
			"not older than the current one",
		},
		"future schema": {
			func() *es.Registry[counterEvent] { return evolved().Upcast("Raised", 4, dropped) },
			"not older than the current one",
		},
		"no schema": {
			func() *es.Registry[counterEvent] { return evolved().Upcast("Other", 0, dropped) }, "not older than the current one",
		},
		"to itself": {
			func() *es.Registry[counterEvent] { return evolved().Upcast("A", 1, to("A", 1)) }, "A schema 1 → A schema 1",
		},
		"to each other": {func() *es.Registry[counterEvent] {
			return evolved().Upcast("A", 1, to("B", 1)).Upcast("B", 1, to("A", 1))
		},
			"B schema 1 → A schema 1 → B schema 1"},
		"over a third": {func() *es.Registry[counterEvent] {
			return evolved().Upcast("A", 2, to("B", 1)).Upcast("B", 1, to("A", 1)).Upcast("A", 1, to("A", 2))
		},
			"A schema 1 → A schema 2 → B schema 1 → A schema 1"},
	} {
		r := test.register()
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("check of the upcasters, %s: %v, want an error with %q", name, err, test.says)
		}
		c := es.Commit{Events: []es.RawEvent{{Type: "A", Schema: 1, Data: []byte(`{}`)}}}
		if err := r.Decode(&c, 0, func(counterEvent) error { return nil }); err == nil {
			t.Errorf("%s: decode: no error", name)
		}
	}
}

// TestUpcastIsBounded: an event whose parts are split again and again is an error that names it, and does not exhaust
// the memory. A long chain of upcasters is allowed.
func TestUpcastIsBounded(t *testing.T) {
	t.Parallel()
	chain := func(steps, parts int) *es.Registry[counterEvent] {
		r := es.NewRegistry(es.Type[counterEvent]("Raised", steps+1, raised{}))
		for schema := 1; schema <= steps; schema++ {
			r.Upcast("Raised", schema, es.UpcastFunc(func(data json.RawMessage) ([]es.RawEvent, error) {
				return slices.Repeat([]es.RawEvent{{Type: "Raised", Schema: schema + 1, Data: data}}, parts), nil
			}, es.StoredType{Name: "Raised", Schema: schema + 1}))
		}
		return r
	}
	c := es.Commit{
		Stream:  counters.Stream("a"),
		Version: 7,
		Events:  []es.RawEvent{{Type: "Raised", Schema: 1, Data: json.RawMessage(`{}`)}},
	}
	decode := func(r *es.Registry[counterEvent]) (events int, err error) {
		err = r.Decode(&c, 0, func(counterEvent) error { events++; return nil })
		return events, err
	}
	if events, err := decode(chain(500, 1)); events != 1 || err != nil {
		t.Errorf("decode over 500 schemas: %d events, %v, want 1", events, err)
	}
	if events, err := decode(chain(8, 2)); events != 256 || err != nil {
		t.Errorf("decode into 256 parts: %d events, %v, want 256", events, err)
	}
	_, err := decode(chain(60, 2))
	var corrupt *es.CorruptError
	if !errors.As(err, &corrupt) || corrupt.Version != 7 || corrupt.Stream != c.Stream ||
		!strings.Contains(err.Error(), "upcast of Raised schema") {
		t.Errorf("2^60 parts: %v, want a corrupt event that is named", err)
	}
}

// TestReadAs: ReadAs returns the current types, through any number of upcasters.
func TestReadAs(t *testing.T) {
	t.Parallel()
	for at, want := range map[es.StoredType][]reflect.Type{
		{Name: "Raised", Schema: 3}:  {reflect.TypeFor[raised]()},
		{Name: "Raised", Schema: 1}:  {reflect.TypeFor[raised]()},
		{Name: "Lowered", Schema: 1}: {reflect.TypeFor[raised]()},
		{Name: "Noticed", Schema: 1}: nil,
		{Name: "Unheard", Schema: 1}: nil,
	} {
		if got := evolved().ReadAs(at.Name, at.Schema); !slices.Equal(got, want) {
			t.Errorf("%v is read as %v, want %v", at, got, want)
		}
	}
}
