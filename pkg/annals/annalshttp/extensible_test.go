package annalshttp

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestExtensible: schemas of answers allow unknown members, schemas of requests do not, and no schema is in both.
func TestExtensible(t *testing.T) {
	t.Parallel()
	const ref, closed = `{"$ref": "#/components/schemas/`, `{"type": "object", "additionalProperties": false`
	write := func(answer string) map[string]any {
		text := `{"paths": {"/a": {"post": {"requestBody": ` + ref + `Asked"}, "responses": {"200": ` + ref + answer + `"}}}}},
			"components": {"schemas": {"Asked": ` + closed + `, "properties": {"m": ` + ref + `Money"}}},
			"Answer": ` + closed + `, "items": [` + ref + `Part"}]}, "Part": ` + closed + `}, "Money": ` + closed + `}}}}`
		var doc map[string]any
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		return doc
	}
	doc := write("Answer")
	if err := extensible(doc); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"Asked": true, "Money": true, "Answer": false, "Part": false} {
		if _, there := schema(doc, name)["additionalProperties"]; there != want {
			t.Errorf("additionalProperties in schema %s: present is not %t: %v", name, want, schema(doc, name))
		}
	}
	if err := extensible(write("Money")); err == nil || !strings.Contains(err.Error(), "schema Money") {
		t.Errorf("schema Money is in requests and in answers, want an error that names it, got %v", err)
	}
}
