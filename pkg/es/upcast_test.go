package es_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
)

// evolved is the counters' registry after some years: Raised is at schema 3, Lowered was renamed, Moved was split, and
// Noticed was dropped.
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
		Upcast("Moved", 1, func(data json.RawMessage) ([]es.RawEvent, error) {
			return []es.RawEvent{{Type: "Lowered", Schema: 1, Data: data}, {Type: "Raised", Schema: 3, Data: data}}, nil
		}).
		Upcast("Noticed", 1, func(json.RawMessage) ([]es.RawEvent, error) { return nil, nil }).
		Upcast("Looped", 1, func(data json.RawMessage) ([]es.RawEvent, error) {
			return []es.RawEvent{{Type: "Looped", Schema: 1, Data: data}}, nil
		})
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
		{"chained", es.RawEvent{Type: "Raised", Schema: 1, Data: json.RawMessage(`{"Amount":"4"}`)}, []counterEvent{raised{4}}, ""},
		{"renamed", es.RawEvent{Type: "Lowered", Schema: 1, Data: json.RawMessage(`{"By":4}`)}, []counterEvent{raised{-4}}, ""},
		{"split", es.RawEvent{Type: "Moved", Schema: 1, Data: json.RawMessage(`{"By":4}`)}, []counterEvent{raised{-4}, raised{4}}, ""},
		{"dropped", es.RawEvent{Type: "Noticed", Schema: 1, Data: json.RawMessage(`{}`)}, nil, ""},
		{"refused", es.RawEvent{Type: "Raised", Schema: 1, Data: json.RawMessage(`{"Amount":"x"}`)}, nil, "upcast of Raised schema 1"},
		{"endless", es.RawEvent{Type: "Looped", Schema: 1, Data: json.RawMessage(`{}`)}, nil, "yields schema 1"},
		{"future", es.RawEvent{Type: "Raised", Schema: 4, Data: json.RawMessage(`{}`)}, nil, "knows schemas up to 3"},
		{"not JSON", es.RawEvent{Type: "Raised", Schema: 2, Data: json.RawMessage(`{`)}, nil, "upcast of Raised schema 2"},
	} {
		var got []counterEvent
		c := es.Commit{Stream: counters.Stream("a"), Version: 7, Events: []es.RawEvent{test.raw}}
		err := evolved().Decode(&c, 0, func(e counterEvent) error { got = append(got, e); return nil })
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", test.name, diff)
		}
		switch {
		case test.err == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err) || !strings.Contains(err.Error(), "Counter#a@7")):
			t.Errorf("%s: %v, want it to say %q and where", test.name, err, test.err)
		}
	}
	c := es.Commit{Stream: counters.Stream("a"), Version: 1, Events: []es.RawEvent{{Type: "Moved", Schema: 1, Data: json.RawMessage(`{}`)}}}
	if err := evolved().Decode(&c, 0, func(counterEvent) error { return errFull }); !errors.Is(err, errFull) {
		t.Errorf("yield's own error: %v", err)
	}
}

func TestUpcastRefusesFaults(t *testing.T) {
	t.Parallel()
	for name, register := range map[string]func(){
		"twice":          func() { evolved().Upcast("Raised", 1, nil) },
		"current schema": func() { evolved().Upcast("Raised", 3, nil) },
		"future schema":  func() { evolved().Upcast("Raised", 4, nil) },
		"no schema":      func() { evolved().Upcast("Other", 0, nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: was accepted", name)
				}
			}()
			register()
		}()
	}
}
