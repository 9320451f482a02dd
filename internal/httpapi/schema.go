package httpapi

import (
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/readmodel"
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

// newSchemas returns an empty registry of schemas in which amounts of money are [Amount], and sums in read models
// [Total] and [count].
func newSchemas() huma.Registry {
	r := huma.NewMapRegistry("#/components/schemas/", schemaName)
	r.RegisterTypeAlias(reflect.TypeFor[money.Money](), reflect.TypeFor[Amount]())
	r.RegisterTypeAlias(reflect.TypeFor[readmodel.Total](), reflect.TypeFor[Total]())
	r.RegisterTypeAlias(reflect.TypeFor[readmodel.Count](), reflect.TypeFor[count]())
	return r
}

// schemaName names a type in the document. Aggregates have types of the same name: theirs are named after the package too.
func schemaName(t reflect.Type, hint string) string {
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
		switch pkg {
		case "httpapi", "paging", "readmodel", "money": // their names are their own
		default:
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
