package annalshttp

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// Where parameters are.
const (
	inPath   = "path"
	inQuery  = "query"
	inHeader = "header"
)

// owner is whose field a parameter is read into.
type owner int

const (
	ofPath  owner = iota // no field: a parameter of the path alone
	ofEdge               // what the edge itself is told
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
	hidden   bool   // it is not in the document
	last     bool   // it is behind the path's
	rules    *rules // beyond the schema
	of       owner
	index    []int // of the field
}

// fields are the parameters that fields of a struct are for. others tells whether it has other fields besides: a body.
//
// Errors: a field whose kind can't be read from a parameter.
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
			return nil, false, fmt.Errorf("field %s of its input is a parameter and a %v: "+
				"it can be a string, a bool, an int or an int64", f.Name, f.Type)
		}
		if _, err := reflect.New(t).Elem().FieldByIndexErr(f.Index); err != nil {
			return nil, false, fmt.Errorf("field %s of its input is a parameter in an embedded pointer: embed the struct", f.Name)
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

// value is the text of a parameter in a request, its default if it is absent.
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

// parse reads the text of a parameter as its schema takes it, and into its field if it has one.
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
		field.SetString(text)
		return text, nil
	}
}
