package estest

import (
	"reflect"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// registered returns the names of a registry's types, in order. A registry does not tell them, hence the reflection: a test
// sees to it that it finds them.
func registered[E any](registry *es.Registry[E]) []string {
	var names []string
	for _, key := range reflect.ValueOf(registry).Elem().FieldByName("byName").MapKeys() {
		names = append(names, key.String())
	}
	slices.Sort(names)
	return names
}
