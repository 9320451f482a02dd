package estest

import (
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// stored is a type and schema of stored events.
type stored struct {
	name   string
	schema int
}

// file returns the name of its golden file.
func (s stored) file() string { return fmt.Sprintf("%s.v%d.json", s.name, s.schema) }

// registered returns what a registry can read, sorted: the current types, and the older ones that have an upcaster.
func registered[E any](registry *es.Registry[E]) (current, older []stored) {
	for _, t := range registry.StoredTypes() {
		if s := (stored{t.Name, t.Schema}); t.Old {
			older = append(older, s)
		} else {
			current = append(current, s)
		}
	}
	return current, older
}
