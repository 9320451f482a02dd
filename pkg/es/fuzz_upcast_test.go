package es_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/annals-es/annals/pkg/es"
)

// FuzzUpcast: any stored type, schema and payload is either decoded or an error that names the event.
func FuzzUpcast(f *testing.F) {
	for _, stored := range []es.StoredType{{Name: "Raised", Schema: 4}, {Name: "Lowered", Schema: 1}, {}} {
		f.Add(stored.Name, stored.Schema, []byte(`{"By":4}`))
	}
	for _, stored := range evolved().StoredTypes() {
		for _, data := range []string{
			`{"By":4}`, `{"By":1e300}`, `{"Amount":"4"}`, `{"Amount":null}`, `null`, `[]`, `{`, ``,
		} {
			f.Add(stored.Name, stored.Schema, []byte(data))
		}
	}
	f.Fuzz(func(t *testing.T, name string, schema int, data []byte) {
		at := es.StreamVersion{Stream: counters.Stream("a"), Version: 7}
		c := es.Commit{
			Stream: at.Stream, Version: at.Version, Events: []es.RawEvent{{Type: name, Schema: schema, Data: data}},
		}
		err := evolved().Decode(&c, 0, func(counterEvent) error { return nil })
		var (
			corrupt *es.CorruptError
			unknown *es.UnknownEventError
		)
		switch {
		case err == nil && !json.Valid(data) && name != "Noticed":
			t.Errorf("%s schema %d: %q was accepted", name, schema, data)
		case errors.As(err, &corrupt) && (es.StreamVersion{Stream: corrupt.Stream, Version: corrupt.Version}) == at:
		case errors.As(err, &unknown) && (es.StreamVersion{Stream: unknown.Stream, Version: unknown.Version}) == at:
		case err != nil:
			t.Errorf("%s schema %d: %q: %v does not name the event", name, schema, data, err)
		}
	})
}
