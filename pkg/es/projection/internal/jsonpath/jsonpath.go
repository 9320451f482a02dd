// Package jsonpath finds out whether the JSON of a Go type has something at a path. Start with [Check].
package jsonpath

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Lists says whether a path may lead through lists.
type Lists bool

// Through lets a path lead through lists. Around does not.
const (
	Through Lists = true
	Around  Lists = false
)

// Check checks that the JSON of a type has something at a path, such as "shipTo.city", as far as types tell. A path may
// lead through lists only if through says so: it then means all elements.
func Check(t reflect.Type, path string, through Lists) error {
	for part := range strings.SplitSeq(path, ".") {
		for t.Kind() == reflect.Pointer || through && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || writesItself(t) { // what its JSON has is not known
			return nil
		}
		field, ok := fieldNamed(t, part)
		if !ok {
			return fmt.Errorf("path %q: the JSON of %v has no field %q", path, t, part)
		}
		t = field.Type
	}
	return nil
}

var (
	marshaler     = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

func writesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(marshaler) || p.Implements(textMarshaler)
}

// fieldNamed is the field of a struct that has a name in JSON.
func fieldNamed(t reflect.Type, name string) (reflect.StructField, bool) {
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && (tag == name || tag == "" && !f.Anonymous && f.Name == name) {
			return f, true
		}
	}
	return reflect.StructField{}, false
}
