package annalshttp

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/pkg/annals"
)

const schemaPrefix = "#/components/schemas/"

// schemas derives schemas from Go types, and keeps the named ones. It implements [huma.Registry]. huma's own registry
// does not know [annals.Described] and [annals.Documented], and makes arrays nullable unless a global of huma is
// changed.
type schemas struct {
	document annals.DocumentConfig
	named    map[string]*huma.Schema
	types    map[string]reflect.Type
	aliases  map[reflect.Type]reflect.Type
}

func newSchemas(document annals.DocumentConfig) *schemas {
	s := &schemas{
		document: document, named: map[string]*huma.Schema{}, types: map[string]reflect.Type{},
		aliases: map[reflect.Type]reflect.Type{reflect.TypeFor[json.RawMessage](): reflect.TypeFor[JSON]()},
	}
	for typ, shown := range document.Shown {
		s.aliases[typ] = shown
	}
	return s
}

// Schema implements [huma.Registry].
func (s *schemas) Schema(t reflect.Type, allowRef bool, hint string) *huma.Schema {
	base := dereferenced(t)
	if shown, is := s.aliases[base]; is {
		return s.Schema(shown, allowRef, hint)
	}
	if base.Kind() == reflect.Slice || base.Kind() == reflect.Array {
		t = base
	}
	if described, is := reflect.New(base).Interface().(annals.Described); is {
		return simpleSchema(described.JSONSchema())
	}
	if !referred(base) {
		schema := huma.SchemaFromType(s, t)
		if schema != nil && schema.Type == huma.TypeArray {
			schema.Nullable = false
		}
		return schema
	}
	name := s.name(t, hint)
	if known, is := s.types[name]; !is {
		s.named[name], s.types[name] = &huma.Schema{}, base // registered before its fields, which may refer to it
		s.named[name] = s.object(t)
	} else if known != base {
		panic(fmt.Sprintf("types %v and %v have the same name in the OpenAPI document, %s: rename one of them",
			known, base, name))
	}
	if allowRef {
		return &huma.Schema{Ref: schemaPrefix + name}
	}
	return s.named[name]
}

// object returns the schema of a struct.
func (s *schemas) object(t reflect.Type) *huma.Schema {
	schema := huma.SchemaFromType(s, t)
	for _, property := range schema.Properties {
		wholeEnum(property)
	}
	if documented, is := reflect.New(dereferenced(t)).Interface().(annals.Documented); is {
		for name, keywords := range documented.DocumentedProperties() {
			property := schema.Properties[name]
			if property == nil {
				panic(fmt.Sprintf("DocumentedProperties of %v names %q, which is not a member of its JSON", t, name))
			}
			property.Extensions = keywords
		}
	}
	return schema
}

// wholeEnum converts the values of an integer enum to int64, the type that requests are parsed to.
func wholeEnum(schema *huma.Schema) {
	if schema.Type != huma.TypeInteger {
		return
	}
	for i, value := range schema.Enum {
		if n, is := value.(float64); is {
			schema.Enum[i] = int64(n)
		}
	}
}

// simpleSchema returns the schema of a string or another scalar value.
func simpleSchema(d annals.Schema) *huma.Schema {
	schema := &huma.Schema{
		Type: cmp.Or(d.Type, huma.TypeString), Description: d.Description,
		Pattern: d.Pattern, PatternDescription: d.PatternForm, Examples: d.Examples,
	}
	if d.MinLength > 0 {
		schema.MinLength = &d.MinLength
	}
	if d.MaxLength > 0 {
		schema.MaxLength = &d.MaxLength
	}
	schema.PrecomputeMessages()
	return schema
}

// referred reports whether a type gets a named schema in the document, which other schemas refer to.
func referred(t reflect.Type) bool {
	if t.Kind() != reflect.Struct || t.PkgPath() == "time" && t.Name() == "Time" {
		return false
	}
	switch reflect.New(t).Interface().(type) {
	case huma.SchemaProvider, interface{ UnmarshalText([]byte) error }:
		return false
	}
	return true
}

// name returns the name of a type in the document. Packages of aggregates have types with equal names, so the name
// includes the package.
func (s *schemas) name(t reflect.Type, hint string) string {
	t = dereferenced(t)
	switch {
	case t == reflect.TypeFor[annals.None]():
		return "ActingBody"
	case t.Name() == "":
		return huma.DefaultSchemaNamer(t, hint)
	}
	var name strings.Builder
	parts := strings.FieldsFunc(t.PkgPath()+"."+t.Name(), func(r rune) bool { return strings.ContainsRune("[]*,", r) })
	for _, part := range parts { // a generic type and its type arguments
		pkg, typ, _ := strings.Cut(path.Base(part), ".")
		if !slices.Contains(plain, pkg) && !slices.Contains(s.document.Plain, pkg) {
			name.WriteString(title(pkg))
		}
		name.WriteString(title(typ))
	}
	return name.String()
}

// plain lists the packages that are left out of the names of types, in every document.
var plain = []string{"annals", "annalshttp"}

// SchemaFromRef implements [huma.Registry].
func (s *schemas) SchemaFromRef(ref string) *huma.Schema {
	return s.named[strings.TrimPrefix(ref, schemaPrefix)]
}

// TypeFromRef implements [huma.Registry].
func (s *schemas) TypeFromRef(ref string) reflect.Type {
	return s.types[strings.TrimPrefix(ref, schemaPrefix)]
}

// Map implements [huma.Registry].
func (s *schemas) Map() map[string]*huma.Schema { return s.named }

// RegisterTypeAlias implements [huma.Registry].
func (s *schemas) RegisterTypeAlias(t, alias reflect.Type) { s.aliases[t] = alias }

// MarshalJSON implements [json.Marshaler].
func (s *schemas) MarshalJSON() ([]byte, error) { return json.Marshal(s.named) }

func dereferenced(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
