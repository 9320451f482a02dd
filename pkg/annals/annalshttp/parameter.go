package annalshttp

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// The places of parameters.
const (
	inPath   = "path"
	inQuery  = "query"
	inHeader = "header"
)

// owner says which struct has the field that a parameter is stored in.
type owner int

const (
	ofPath  owner = iota // none: the parameter stands only in the path
	ofEdge               // the struct of the edge: see [fixedOf]
	ofInput              // the operation's input
)

// parameter is a parameter of an operation.
type parameter struct {
	in, name string
	schema   *huma.Schema
	typ      reflect.Type
	kind     reflect.Kind
	standard string // the default, "" if there is none
	required bool
	hidden   bool   // the document does not show it
	last     bool   // the document shows it after all others
	rules    *rules // beyond the schema
	of       owner
	index    []int // of the field
}

// fields returns the parameters that the fields of a struct declare by tags. others reports whether the struct has
// further fields, which make the body.
//
// Errors: a field of a type that a parameter can't have.
func (e *edge) fields(t reflect.Type, of owner) (all []*parameter, others bool, err error) {
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		p := &parameter{of: of, index: f.Index, typ: f.Type, kind: f.Type.Kind(), standard: f.Tag.Get("default")}
		for _, in := range []string{inPath, inQuery, inHeader} {
			if name := f.Tag.Get(in); name != "" {
				p.in, p.name = in, name
				break
			}
		}
		if p.in == "" {
			others = others || f.Tag.Get("json") != "-"
			continue
		}
		switch p.kind {
		case reflect.String, reflect.Bool, reflect.Int, reflect.Int64:
		default:
			return nil, false, fmt.Errorf("field %s of input %v is a parameter of type %v: "+
				"parameters are of kind string, bool, int or int64", f.Name, t, f.Type)
		}
		if _, err := reflect.New(t).Elem().FieldByIndexErr(f.Index); err != nil {
			return nil, false, fmt.Errorf("field %s of input %v is a parameter in an embedded pointer: embed the struct "+
				"itself", f.Name, t)
		}
		p.schema = huma.SchemaFromField(e.schemas, f, "")
		wholeEnum(p.schema)
		p.required = p.in == inPath || f.Tag.Get("required") == "true"
		p.hidden = f.Tag.Get("hidden") == "true"
		p.last = f.Tag.Get("behind") == "path"
		p.rules = rulesOf(f.Type, map[reflect.Type]*rules{})
		all = append(all, p)
	}
	return all, others, nil
}

// value returns the text of a parameter in a request, or its default if it is absent.
func (p *parameter) value(r *http.Request, query url.Values) (text string) {
	switch p.in {
	case inPath:
		text = r.PathValue(p.name)
	case inQuery:
		text = query.Get(p.name)
	default:
		text = r.Header.Get(p.name)
	}
	if text == "" {
		return p.standard
	}
	return text
}

// parse parses the text of a parameter, stores it in the field, and returns the value for validation.
func (p *parameter) parse(text string, field reflect.Value) (any, error) {
	switch p.kind {
	case reflect.Bool:
		is, err := strconv.ParseBool(text)
		if err != nil {
			return nil, errors.New("invalid boolean")
		}
		field.SetBool(is)
		return is, nil
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, errors.New("invalid integer")
		}
		field.SetInt(n)
		return n, nil
	default:
		if !utf8.ValidString(text) {
			return nil, errors.New(notUTF8)
		}
		field.SetString(text)
		return text, nil
	}
}
