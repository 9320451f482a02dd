package annalshttp

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/pkg/annals"
)

// Document returns the OpenAPI 3.1 document of a service, as JSON.
//
// Errors: those of [annals.Service.Check]; types that the document can't show.
func Document(s *annals.Service) ([]byte, error) {
	api, err := describe(s)
	if err != nil {
		return nil, fmt.Errorf("service %q: OpenAPI document: %w", s.Name, err)
	}
	text, err := json.Marshal(api)
	if err != nil {
		return nil, fmt.Errorf("service %q: write the OpenAPI document: %w", s.Name, err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("service %q: read the OpenAPI document that huma wrote: %w", s.Name, err)
	}
	standard(doc)
	if err := extensible(doc); err != nil {
		return nil, fmt.Errorf("service %q: %w", s.Name, err)
	}
	return json.MarshalIndent(doc, "", "  ")
}

// textSchema is the schema of a text that the operation checks, which is not empty and is written by a pattern. The
// pattern is in the document alone: the operation says what is wrong with a value.
func textSchema(written, form string) *huma.Schema {
	shortest := 1 // the pattern says so too; there are tools that do not read patterns
	return &huma.Schema{
		Type: huma.TypeString, MinLength: &shortest, PatternDescription: form,
		Extensions: map[string]any{"pattern": written},
	}
}

// standard removes what is huma's own: patternDescription is in no vocabulary of JSON Schema. Its words go to the
// description.
func standard(node any) {
	switch node := node.(type) {
	case map[string]any:
		if form, there := node["patternDescription"].(string); there {
			delete(node, "patternDescription")
			if says, described := node["description"].(string); described {
				form = says + ". Written as " + form
			}
			node["description"] = form
		}
		for _, child := range node {
			standard(child)
		}
	case []any:
		for _, child := range node {
			standard(child)
		}
	}
}

// extensible lets answers have further members: what only they have is open, so that a client which was generated today
// reads the answers of a later version. What requests have stays closed, as what reads bodies refuses other names.
//
// An error means that a schema is in both.
func extensible(doc map[string]any) error {
	asked, answered := map[string]bool{}, map[string]bool{}
	for _, item := range object(doc, "paths") {
		for _, op := range item.(map[string]any) {
			reach(doc, object(op, "requestBody"), asked)
			reach(doc, object(op, "responses"), answered)
		}
	}
	for name := range maps.Keys(answered) {
		if asked[name] {
			return fmt.Errorf("schema %s of the OpenAPI document is in requests and in answers: give it two types",
				name)
		}
		delete(schema(doc, name), "additionalProperties")
	}
	return nil
}

// reach collects the names of the schemas that a part of the document refers to, and those that they refer to.
func reach(doc map[string]any, node any, names map[string]bool) {
	switch node := node.(type) {
	case map[string]any:
		if ref, there := node["$ref"].(string); there && !names[path.Base(ref)] {
			names[path.Base(ref)] = true
			reach(doc, schema(doc, path.Base(ref)), names)
		}
		for _, child := range node {
			reach(doc, child, names)
		}
	case []any:
		for _, child := range node {
			reach(doc, child, names)
		}
	}
}

func schema(doc map[string]any, name string) map[string]any {
	return object(object(object(doc, "components"), "schemas"), name)
}

// object is a member of an object, which is an object too; nil if it is not there.
func object(of any, name string) map[string]any {
	parent, _ := of.(map[string]any)
	child, _ := parent[name].(map[string]any)
	return child
}
