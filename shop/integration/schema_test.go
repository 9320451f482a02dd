package integration_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/integration"
)

const (
	document = "../../docs/integration-events.md"
	schemas  = "../../docs/integration-events"
)

// schemaOf is the schema of an event with its envelope. Consumers must accept unknown fields, because fields may be
// added.
func schemaOf(t *testing.T, data publish.Data) object {
	t.Helper()
	r := huma.NewMapRegistry("#/$defs/", huma.DefaultSchemaNamer)
	whole := plain(t, r.Schema(reflect.TypeFor[publish.CloudEvent](), false, ""))
	whole["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	whole["title"] = shop.New().PublicPrefix + data.Type()
	properties := whole["properties"].(object)
	properties["type"].(object)["const"] = shop.New().PublicPrefix + data.Type()
	description := properties["data"].(object)["description"]
	inner := plain(t, r.Schema(reflect.TypeOf(data), false, ""))
	inner["description"] = description
	properties["data"] = inner
	defs := plain(t, r.Map())
	delete(defs, "CloudEvent") // both stand above
	delete(defs, reflect.TypeOf(data).Name())
	if len(defs) > 0 {
		whole["$defs"] = defs
	}
	open(whole)
	return whole
}

// open makes a schema, and those in it, allow other fields.
func open(schema any) {
	switch s := schema.(type) {
	case object:
		delete(s, "additionalProperties")
		for _, inner := range s {
			open(inner)
		}
	case []any:
		for _, inner := range s {
			open(inner)
		}
	}
}

// object is JSON as encoding/json reads it.
type object = map[string]any

func plain(t *testing.T, v any) object {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out object
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func fileOf(data publish.Data) string { return data.Type() + ".schema.json" }

// TestSchemas: the schemas in docs match the code. -update writes them, but never a schema that breaks consumers.
func TestSchemas(t *testing.T) {
	t.Parallel()
	var files []string
	for _, data := range integration.Types {
		path := filepath.Join(schemas, fileOf(data))
		files = append(files, path)
		now := schemaOf(t, data)
		text, err := json.MarshalIndent(now, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, '\n')
		before, err := os.ReadFile(path)
		if err == nil {
			var was object
			if err := json.Unmarshal(before, &was); err != nil {
				t.Fatalf("parse %s: %v", path, err)
			}
			if broken := breaks("", was, now); len(broken) > 0 {
				t.Errorf("%s would break its consumers: publish another event, of the next version, instead:\n%s",
					data.Type(), strings.Join(broken, "\n"))
				continue
			}
		}
		if *update {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		} else if string(before) != string(text) {
			t.Errorf("%s is stale: go test ./shop/integration -run 'Schemas|Stored' -update rewrites it", path)
		}
	}
	there, err := filepath.Glob(filepath.Join(schemas, "*"))
	if err != nil || len(there) != len(files) {
		t.Errorf("%d schemas of %d events, %v: an event that is published no more breaks its consumers; if there are none, "+
			"delete its schema", len(there), len(files), err)
	}
}

// TestDocument: the document names all events, with their schemas.
func TestDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range integration.Types {
		if want := "[`" + shop.New().PublicPrefix + data.Type() + "`](integration-events/" + fileOf(data) +
			")"; !strings.Contains(string(text), want) {
			t.Errorf("the documentation lacks %s", want)
		}
	}
	envelope := schemaOf(t, integration.Types[0])["properties"].(object)
	for attribute := range envelope {
		if !strings.Contains(string(text), "| `"+attribute+"` |") {
			t.Errorf("the documentation lacks the attribute %s", attribute)
		}
	}
}

// conforms fails the test unless an event matches its schema in docs.
func conforms(t *testing.T, m publish.Message) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(schemas, strings.TrimPrefix(m.Type, shop.New().PublicPrefix)+".schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema, event object
	if json.Unmarshal(text, &schema) != nil || json.Unmarshal(m.Detail, &event) != nil {
		t.Fatalf("%s: its schema or its data is no JSON", m.Type)
	}
	for _, wrong := range violations("", schema, schema, event) {
		t.Errorf("the published %s does not match its schema: %s", m.Type, wrong)
	}
}
