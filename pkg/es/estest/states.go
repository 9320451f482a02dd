package estest

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// StatesConfig sets where golden states are.
type StatesConfig struct {
	// Dir is the folder of the golden states, such as testdata/states. It must contain nothing else.
	Dir string
	// Schema is the schema of the aggregate's snapshots, as in [es.Snapshots].
	Schema int
	// Update writes the schema's file if there is none, and adds missing lives to it. It changes nothing that is already
	// in a file. Set it from a flag of the test.
	Update bool
}

// States tests that the fold of an aggregate with snapshots does not change without a new snapshot schema. A stored
// snapshot is used as long as its schema is the repository's. So if the fold makes different states of the same events,
// the schema must be raised, or old states are served. States compares the fold's states with a golden file for each
// schema, v<schema>.json. It fails the test if
//
//   - a state differs from the schema's file; the failure says to which schema to raise it,
//   - the schema has no file, a file is of a newer schema, or a life is not in the schema's file,
//   - a registered type of event is in no life.
//
// A life is a named history: the events of one aggregate, from its first on. Keep the files of older schemas, so that
// their numbers are not used again.
func (k Kit[S, E]) States(t T, cfg StatesConfig, lives map[string][]E) {
	t.Helper()
	s := states[S, E]{StatesConfig: cfg, aggregate: k.aggregate, path: filepath.Join(cfg.Dir, statesFile(cfg.Schema))}
	if s.read(); len(s.errs) == 0 {
		for _, name := range slices.Sorted(maps.Keys(s.kept)) {
			s.compare(name)
		}
		for _, name := range slices.Sorted(maps.Keys(lives)) {
			s.add(name, lives[name])
		}
		s.covered(lives)
		s.write()
	}
	for _, err := range s.errs {
		t.Errorf("golden states: %v", err)
	}
}

// states are the states in one schema's file.
type states[S, E any] struct {
	StatesConfig
	aggregate es.Aggregate[S, E]
	path      string
	kept      map[string][]moment
	added     bool
	errs      []error
}

func (s *states[S, E]) fail(format string, args ...any) {
	s.errs = append(s.errs, fmt.Errorf(format, args...))
}

// covered reports event types that are in no life.
func (s *states[S, E]) covered(lives map[string][]E) {
	lived := map[string]bool{}
	for _, events := range lives {
		for _, event := range events {
			if raw, err := s.aggregate.Events.Encode(event); err == nil {
				lived[raw.Type] = true
			}
		}
	}
	current, _ := registered(s.aggregate.Events)
	for _, c := range current {
		if !lived[c.name] {
			s.fail("no life contains %s", c.name)
		}
	}
}
