package annalshttp

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestExtensible: what answers have is opened, what requests have stays closed, and nothing can be in both.
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
			t.Errorf("%s: %v", name, schema(doc, name))
		}
	}
	if err := extensible(write("Money")); err == nil || !strings.Contains(err.Error(), "schema Money") {
		t.Errorf("Money is in both: %v", err)
	}
}
