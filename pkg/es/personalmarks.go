package es

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// marks says where a type has marked fields.
type marks struct {
	fields map[string]*marks // of a struct, by JSON name
	items  *marks            // of a list

	marked  bool
	name    string // the field's path, for errors
	subject string // the JSON name of the field that names the subject, "" for the stream's owner
	erased  json.RawMessage
	blank   []string // the JSON of values that say nothing
}

// marksOf returns where a type of event has marked fields, nil if it has none.
func marksOf(t reflect.Type) (*marks, error) {
	r := markReader{open: map[reflect.Type]bool{}}
	m := r.read(t, t.Name())
	return m, r.err
}

// erase returns a payload of a type in which all marked values are erased. Some were stored before they were marked.
func (m *marks) erase(payload json.RawMessage) (json.RawMessage, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, payload); err != nil {
		return nil, err
	}
	var found Personal
	s := scanner{data: compact.Bytes(), found: &found} // its error is about subjects, which do not matter here
	s.value(m)
	var out json.RawMessage
	at := 0
	for _, v := range found.values {
		erased := v.Erased
		if erased == nil {
			erased = json.RawMessage("null")
		}
		out = append(append(out, s.data[at:v.From]...), erased...)
		at = v.To
	}
	return append(out, s.data[at:]...), nil
}

// markReader reads the tags of a type and of those that it is made of.
type markReader struct {
	open  map[reflect.Type]bool // the structs that are being read
	again []place               // the structs within themselves
	err   error
}

// place is where a type is.
type place struct {
	t    reflect.Type
	path string
}

func (r *markReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// marshalers are the interfaces of types whose JSON is not made of their fields.
var marshalers = []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()}

func marshals(t reflect.Type) bool {
	return slices.ContainsFunc(marshalers, func(m reflect.Type) bool {
		return t.Implements(m) || reflect.PointerTo(t).Implements(m)
	})
}

// read returns where a type has marked fields, nil if it has none.
func (r *markReader) read(t reflect.Type, path string) *marks {
	m := r.within(t, path)
	if m != nil && marshals(t) {
		r.fail("%s: %v has marked fields and makes its JSON itself: mark the field that holds it", path, t)
	}
	return m
}

func (r *markReader) within(t reflect.Type, path string) *marks {
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
		return r.readStruct(t, path)
	}
	return nil
}

func (r *markReader) readStruct(t reflect.Type, path string) *marks {
	if r.open[t] {
		r.again = append(r.again, place{t, path})
		return nil
	}
	r.open[t] = true
	defer delete(r.open, t)
	m := &marks{fields: map[string]*marks{}}
	names := map[string][]reflect.StructField{}
	r.readFields(t, path, m, names)
	if len(m.fields) == 0 {
		return nil
	}
	for name, fields := range names {
		if len(fields) > 1 {
			r.fail("%s: two fields have the JSON name %q, and some of its fields are marked: rename one", path, name)
		}
	}
	for name, f := range m.fields {
		if f.marked {
			r.checkMark(t, name, f, names)
		}
	}
	for _, p := range r.again {
		if p.t == t {
			r.fail("%s: %v has marked fields and is within itself: mark the field that holds it", p.path, t)
		}
	}
	return m
}

// checkMark checks that a mark's subject exists, and that the struct can be decoded with the erased value.
func (r *markReader) checkMark(t reflect.Type, name string, m *marks, names map[string][]reflect.StructField) {
	if m.subject != "" {
		r.checkSubject(m, names[m.subject])
	}
	value := m.erased
	if value == nil {
		value = json.RawMessage("null")
	}
	decoded := reflect.New(t)
	err := json.Unmarshal(fmt.Appendf(nil, "{%q:%s}", name, value), decoded.Interface())
	m.blank = append(blank(reflect.New(t), name), blank(decoded, name)...)
	switch {
	case err != nil && m.erased == nil:
		r.fail("%s can't be null, so the tag %q must give its value without a key: %w", m.name, erasedTag, err)
	case err != nil:
		r.fail("%s has the tag %s:%q, which is not its JSON value: %w", m.name, erasedTag, m.erased, err)
	}
}

// blank returns the JSON of a member of a struct, or nothing.
func blank(of reflect.Value, name string) []string {
	var members map[string]json.RawMessage
	text, err := json.Marshal(of.Interface())
	if err == nil {
		err = json.Unmarshal(text, &members)
	}
	if value, there := members[name]; there && err == nil {
		return []string{string(value)}
	}
	return nil
}

// checkSubject checks that the field that names a mark's subject is a text in the clear.
func (r *markReader) checkSubject(m *marks, fields []reflect.StructField) {
	if len(fields) == 0 {
		r.fail("%s is marked as personal with subject=%s, but its struct has no field with this JSON name", m.name, m.subject)
		return
	}
	f := fields[0]
	_, marked := f.Tag.Lookup(personalTag)
	_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	if marked || f.Type.Kind() != reflect.String || slices.Contains(strings.Split(options, ","), "string") {
		r.fail("%s is marked as personal with subject=%s, but that field is no text in the clear: it must be a string "+
			"without a mark and without the option string", m.name, m.subject)
	}
}

// readFields reads the fields of a struct, and notes those that JSON has, by name. Of a struct that makes its JSON itself
// it reads all fields.
func (r *markReader) readFields(t reflect.Type, path string, into *marks, names map[string][]reflect.StructField) {
	all := marshals(t)
	for i := range t.NumField() {
		f := t.Field(i)
		name, skipped := jsonName(f)
		_, marked := f.Tag.Lookup(personalTag)
		if marked && skipped {
			r.fail("%s.%s is marked as personal, but JSON leaves it out", path, f.Name)
		}
		if skipped && !all {
			continue
		}
		if embedded := inlined(f); embedded != nil {
			if marked {
				r.fail("%s.%s is marked as personal, but JSON has its fields, not itself: mark those, or name it", path, f.Name)
			}
			r.readFields(embedded, path, into, names)
			continue
		}
		names[name] = append(names[name], f)
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
		var value bytes.Buffer
		if err := json.Compact(&value, []byte(erased)); err != nil {
			r.fail("%s has the tag %s:%q, which is no JSON: %w", path, erasedTag, erased, err)
		}
		m.erased = value.Bytes()
	}
	return m
}

// inlined returns the struct whose fields JSON has in place of a field, nil if it has the field itself.
func inlined(f reflect.StructField) reflect.Type {
	embedded := f.Type
	if embedded.Kind() == reflect.Pointer {
		embedded = embedded.Elem()
	}
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if f.Anonymous && !validName(name) && embedded.Kind() == reflect.Struct && !marshals(embedded) {
		return embedded
	}
	return nil
}

// jsonName returns the name of a field in JSON, and whether JSON leaves the field out.
func jsonName(f reflect.StructField) (name string, skipped bool) {
	tag := f.Tag.Get("json")
	if tag == "-" || !f.IsExported() && !f.Anonymous {
		return f.Name, true
	}
	if name, _, _ = strings.Cut(tag, ","); !validName(name) {
		name = f.Name
	}
	return name, false
}

// validName reports whether encoding/json takes a name from a tag.
func validName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c)
	})
}
