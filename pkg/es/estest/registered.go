package estest

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// stored is a type and schema under which events are stored, or were.
type stored struct {
	name   string
	schema int
}

// file is the name of its golden file.
func (s stored) file() string { return fmt.Sprintf("%s.v%d.json", s.name, s.schema) }

// registered returns what a registry can read, in order: the schemas that are written now, and the older ones that have
// an upcaster. A registry does not tell them, hence the reflection; a test sees to it that it finds them.
func registered[E any](registry *es.Registry[E]) (current, older []stored) {
	r := reflect.ValueOf(registry).Elem()
	read := func(of reflect.Value) stored {
		return stored{name: of.FieldByName("name").String(), schema: int(of.FieldByName("schema").Int())}
	}
	for _, eventType := range r.FieldByName("byName").Seq2() {
		current = append(current, read(eventType))
	}
	for typeSchema := range r.FieldByName("upcasters").Seq() {
		older = append(older, read(typeSchema))
	}
	order := func(a, b stored) int { return cmp.Or(cmp.Compare(a.name, b.name), a.schema-b.schema) }
	slices.SortFunc(current, order)
	slices.SortFunc(older, order)
	return current, older
}
