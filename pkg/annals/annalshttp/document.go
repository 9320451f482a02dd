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
// Errors: those of [annals.Service.Check]; a type that has no JSON schema; one type in requests and in answers.
func Document(s *annals.Service) ([]byte, error) {
	api, err := describe(s)
	if err != nil {
		return nil, fmt.Errorf("service %q: OpenAPI document: %w", s.Name, err)
	}
	text, err := json.Marshal(api)
	if err != nil {
		return nil, fmt.Errorf("service %q: encode the OpenAPI document: %w", s.Name, err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("service %q: decode the OpenAPI document that huma encoded: %w", s.Name, err)
	}
	standard(doc)
	if err := extensible(doc); err != nil {
		return nil, fmt.Errorf("service %q: %w", s.Name, err)
	}
	return json.MarshalIndent(doc, "", "  ")
}

// textSchema returns the schema of a non-empty string with a pattern. The pattern stands only in the document: the
// operation checks the value itself and says what is wrong with it. form describes the pattern in words.
func textSchema(written, form string) *huma.Schema {
	shortest := 1 // the pattern implies it, but some tools do not read patterns
	return &huma.Schema{
		Type: huma.TypeString, MinLength: &shortest, PatternDescription: form,
		Extensions: map[string]any{"pattern": written},
	}
}

// standard moves the text of patternDescription, a keyword of huma that JSON Schema does not have, to the description.
func standard(node any) {
	switch node := node.(type) {
	case map[string]any:
		if form, there := node["patternDescription"].(string); there {
			delete(node, "patternDescription")
			if says, described := node["description"].(string); described {
				form = says + ". Format: " + form
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

// extensible allows unknown members in the schemas of answers, so that a client that was generated today can read the
// answers of a later version. Schemas of requests stay closed, since the service refuses unknown members.
//
// Errors: a schema that is used in requests and in answers.
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
			return fmt.Errorf("schema %s of the OpenAPI document is used in requests and in answers: declare two types",
				name)
		}
		delete(schema(doc, name), "additionalProperties")
	}
	return nil
}

// reach collects the names of the schemas that a part of the document refers to, directly or through other schemas.
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

// object returns a member of a JSON object that is itself an object, nil if there is none.
func object(of any, name string) map[string]any {
	parent, _ := of.(map[string]any)
	child, _ := parent[name].(map[string]any)
	return child
}
