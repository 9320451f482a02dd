package httpapi

import (
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// huma keeps these choices in variables of its own; nothing else in a process that serves this API uses it.
func init() {
	huma.ValidateStrictCasing = true // "Amount" is not "amount"
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return invalid(status, message, errs...)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		return invalid(status, message, errs...).of(ctx.Context())
	}
}

// NewSchemas returns an empty registry of schemas, in which types stand for others as the service says.
func NewSchemas(s Service) huma.Registry {
	r := huma.NewMapRegistry("#/components/schemas/", s.schemaName)
	for typ, shown := range s.Schemas {
		r.RegisterTypeAlias(typ, shown)
	}
	return r
}

// schemaName names a type in the document. Aggregates have types of the same name: theirs are named after the package too.
func (s Service) schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return huma.DefaultSchemaNamer(t, hint)
	}
	var name strings.Builder
	parts := strings.FieldsFunc(t.PkgPath()+"."+t.Name(), func(r rune) bool { return strings.ContainsRune("[]*,", r) })
	for _, part := range parts { // a generic type, and its arguments
		pkg, typ, _ := strings.Cut(path.Base(part), ".")
		if pkg != "httpapi" && pkg != "paging" && !slices.Contains(s.Named, pkg) {
			name.WriteString(title(pkg))
		}
		name.WriteString(title(typ))
	}
	return name.String()
}

func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
