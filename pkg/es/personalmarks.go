package es

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// marks says where a type has marked fields.
type marks struct {
	fields map[string]*marks // of a struct, by JSON name
	items  *marks            // of a list

	marked  bool
	name    string // the field's path, for errors
	subject string // the JSON name of the field that names the subject, "" for the stream's owner
	erased  json.RawMessage
}

// marksOf returns where a type of event has marked fields, nil if it has none.
func marksOf(t reflect.Type) (*marks, error) {
	r := markReader{open: map[reflect.Type]bool{}}
	m := r.read(t, t.Name())
	return m, r.err
}

// markReader reads the tags of a type and of those that it is made of.
type markReader struct {
	open   map[reflect.Type]bool // the structs that are being read
	within []within
	err    error
}

// within is a struct within itself.
type within struct {
	t    reflect.Type
	path string
}

func (r *markReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

var marshaler = reflect.TypeFor[json.Marshaler]()

func (r *markReader) read(t reflect.Type, path string) *marks {
	switch t.Kind() { //nolint:exhaustive // others hold no fields
	case reflect.Pointer:
		return r.read(t.Elem(), path)
	case reflect.Slice, reflect.Array:
		if m := r.read(t.Elem(), path+"[]"); m != nil {
			return &marks{items: m}
		}
	case reflect.Map:
		if r.read(t.Elem(), path+"[…]") != nil {
			r.fail("%s: marks within a map are not read: mark the field that holds the map", path)
		}
	case reflect.Struct:
		if r.open[t] {
			r.within = append(r.within, within{t, path})
			return nil
		}
		r.open[t] = true
		defer delete(r.open, t)
		m := &marks{fields: map[string]*marks{}}
		names := map[string]bool{}
		r.readFields(t, path, m, names)
		for _, f := range m.fields {
			if f.marked && f.subject != "" && !names[f.subject] {
				r.fail("%s is marked as personal with subject=%s, but its struct has no field with this JSON name",
					f.name, f.subject)
			}
		}
		if len(m.fields) == 0 {
			return nil
		}
		for _, w := range r.within {
			if w.t == t {
				r.fail("%s: %v has marked fields and is within itself: mark the field that holds it", w.path, t)
			}
		}
		if t.Implements(marshaler) || reflect.PointerTo(t).Implements(marshaler) {
			r.fail("%s: %v has marked fields and a MarshalJSON of its own: mark the field that holds it", path, t)
		}
		return m
	}
	return nil
}

// readFields reads the fields of a struct, and notes their names.
func (r *markReader) readFields(t reflect.Type, path string, into *marks, names map[string]bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, skipped := jsonName(f)
		if _, marked := f.Tag.Lookup(personalTag); marked && skipped {
			r.fail("%s.%s is marked as personal, but JSON leaves it out", path, f.Name)
		}
		if skipped {
			continue
		}
		names[name] = true
		if embedded := f.Type; f.Anonymous && f.Tag.Get("json") == "" {
			if embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			if embedded.Kind() == reflect.Struct && !embedded.Implements(marshaler) {
				r.readFields(embedded, path, into, names)
				continue
			}
		}
		if m := r.field(f, path+"."+f.Name); m != nil {
			into.fields[name] = m
		}
	}
}

func (r *markReader) field(f reflect.StructField, path string) *marks {
	below := r.read(f.Type, path)
	tag, marked := f.Tag.Lookup(personalTag)
	erased, hasErased := f.Tag.Lookup(erasedTag)
	if !marked {
		if hasErased {
			r.fail("%s has the tag %q without the tag %q", path, erasedTag, personalTag)
		}
		return below
	}
	if below != nil {
		r.fail("%s is marked as personal, and so are fields within it: mark one of them", path)
	}
	m := &marks{marked: true, name: path}
	subject, named := strings.CutPrefix(tag, ofField)
	switch {
	case named && subject != "":
		m.subject = subject
	case tag == ofOwner:
	default:
		r.fail("%s has the tag %s:%q: write %q or %q and the JSON name of a field", path, personalTag, tag, ofOwner, ofField)
	}
	if hasErased {
		m.erased = json.RawMessage(erased)
		if err := json.Unmarshal(m.erased, reflect.New(f.Type).Interface()); err != nil {
			r.fail("%s has the tag %s:%q, which is not a JSON value of %v: %w", path, erasedTag, erased, f.Type, err)
		}
	} else if err := json.Unmarshal([]byte("null"), reflect.New(f.Type).Interface()); err != nil {
		r.fail("%s: %v can't be null, so the tag %q must give the value without a key: %w", path, f.Type, erasedTag, err)
	}
	return m
}

// jsonName returns the name of a field in JSON, and whether JSON leaves the field out.
func jsonName(f reflect.StructField) (name string, skipped bool) {
	tag := f.Tag.Get("json")
	if tag == "-" || !f.IsExported() && !f.Anonymous {
		return "", true
	}
	name, _, _ = strings.Cut(tag, ",")
	if name == "" {
		name = f.Name
	}
	return name, false
}
