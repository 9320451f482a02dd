package annalshttp

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/refusal"
)

// rules says where values of a type have rules beyond the schema: where an [annals.Validator] is. nil means nowhere.
type rules struct {
	typ       reflect.Type
	validator bool // the value itself
	fields    []fieldRules
	items     *rules // of a slice, an array or a map
}

type fieldRules struct {
	name  string
	index []int
	rules *rules
}

// rulesOf returns the rules of a type. known has the types that were visited: a type may contain itself.
func rulesOf(t reflect.Type, known map[reflect.Type]*rules) *rules {
	t = dereferenced(t)
	if found, is := known[t]; is {
		return found
	}
	r := &rules{typ: t, validator: reflect.PointerTo(t).Implements(reflect.TypeFor[annals.Validator]())}
	known[t] = r
	switch t.Kind() {
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			name, there := memberOf(f)
			if !there {
				continue
			}
			if of := rulesOf(f.Type, known); of != nil {
				r.fields = append(r.fields, fieldRules{name, f.Index, of})
			}
		}
	case reflect.Slice, reflect.Array, reflect.Map:
		r.items = rulesOf(t.Elem(), known)
	default:
	}
	if !r.validator && len(r.fields) == 0 && r.items == nil {
		known[t] = nil
		return nil
	}
	return r
}

// memberOf returns the name of a field in JSON. there is false if the field is not in the JSON under a name of its own.
func memberOf(f reflect.StructField) (name string, there bool) {
	name, _, _ = strings.Cut(f.Tag.Get("json"), ",")
	if !f.IsExported() || name == "-" || f.Anonymous && name == "" {
		return "", false
	}
	if name == "" {
		name = f.Name
	}
	return name, true
}

// validation applies the rules to the values of a request.
type validation struct {
	found   *huma.ValidateResult
	refused []error // the faults that the schema found
	whole   bool    // the schema found no fault, so the values are decoded
}

// walk applies the rules to a parsed value and, if whole, to the decoded value. It skips a value if the schema found a
// fault at its place or inside it.
func (v validation) walk(r *rules, value reflect.Value, parsed any, place string) {
	if r == nil {
		return
	}
	for value.Kind() == reflect.Pointer {
		if value.IsNil() {
			value = reflect.New(value.Type().Elem())
		}
		value = value.Elem()
	}
	if r.validator && !v.refusedIn(place) {
		v.check(value, parsed, place)
	}
	switch parsed := parsed.(type) {
	case map[string]any:
		v.walkObject(r, value, parsed, place)
	case []any:
		if kind := r.typ.Kind(); kind != reflect.Slice && kind != reflect.Array {
			return // the schema refused it
		}
		for i, item := range parsed {
			v.walk(r.items, v.item(value, reflect.ValueOf(i)), item, place+"["+strconv.Itoa(i)+"]")
		}
	}
}

// walkObject applies the rules to an object's members.
func (v validation) walkObject(r *rules, value reflect.Value, parsed map[string]any, place string) {
	for _, f := range r.fields {
		member, there := parsed[f.name]
		if !there {
			continue
		}
		if field, err := value.FieldByIndexErr(f.index); err == nil {
			v.walk(f.rules, field, member, place+"."+f.name)
		}
	}
	if r.typ.Kind() == reflect.Map && r.items != nil {
		for _, name := range slices.Sorted(maps.Keys(parsed)) {
			v.walk(r.items, v.item(value, reflect.ValueOf(name)), parsed[name], place+"."+name)
		}
	}
}

// item returns an item of a list, or the value of a map at a key. It is the zero value if nothing was decoded.
func (v validation) item(of, at reflect.Value) reflect.Value {
	item := reflect.New(of.Type().Elem()).Elem()
	switch {
	case !v.whole:
	case of.Kind() == reflect.Map && of.Type().Key().Kind() != reflect.String: // rules are not applied to these
	case of.Kind() == reflect.Map:
		if found := of.MapIndex(at.Convert(of.Type().Key())); found.IsValid() {
			item.Set(found)
		}
	case int(at.Int()) < of.Len():
		return of.Index(int(at.Int()))
	}
	return item
}

// check applies the rule of one value.
func (v validation) check(value reflect.Value, parsed any, place string) {
	if !v.whole && decodeParsed(parsed, value.Addr().Interface()) != nil { // part of it can't be decoded
		return
	}
	err := value.Addr().Interface().(annals.Validator).Validate()
	if err == nil {
		return
	}
	says := err.Error()
	var violation *refusal.Violation
	if errors.As(err, &violation) {
		says = violation.Detail
	}
	v.found.Errors = append(v.found.Errors, &huma.ErrorDetail{Location: place, Message: says})
}

// refusedIn reports whether the schema found a fault at a place or inside it.
func (v validation) refusedIn(place string) bool {
	return slices.ContainsFunc(v.refused, func(err error) bool {
		var detail *huma.ErrorDetail
		if !errors.As(err, &detail) {
			return true
		}
		rest, in := strings.CutPrefix(detail.Location, place)
		return in && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// caseMark is appended to member names that differ from a property's name only in letter case. huma would accept them.
const caseMark = "\x00case"

// markCase marks member names with wrong letter case, so that validation finds unknown members.
func (e *edge) markCase(s *huma.Schema, parsed any) {
	for s.Ref != "" {
		s = e.schemas.SchemaFromRef(s.Ref)
	}
	switch parsed := parsed.(type) {
	case map[string]any:
		for name := range parsed { // the loop may see a marked name again, which is harmless: no property has it
			e.markMember(s, parsed, name)
		}
	case []any:
		for _, item := range parsed {
			if s.Items != nil {
				e.markCase(s.Items, item)
			}
		}
	}
}

// markMember marks the name of one member, or the names inside its value.
func (e *edge) markMember(s *huma.Schema, parsed map[string]any, name string) {
	member := parsed[name]
	if of, is := s.Properties[name]; is {
		e.markCase(of, member)
		return
	}
	for property := range s.Properties {
		if strings.EqualFold(property, name) {
			delete(parsed, name)
			parsed[name+caseMark] = member
			break
		}
	}
	if of, is := s.AdditionalProperties.(*huma.Schema); is {
		e.markCase(of, member)
	}
}
