package estest

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// StatesConfig says where golden states are.
type StatesConfig struct {
	// Dir is their folder, with nothing else in it: testdata/states.
	Dir string
	// Schema is the one under which snapshots are stored: that of [es.RepositoryConfig].
	Schema int
	// Update writes the file of the schema where there is none, and adds lives to it that it does not have. It changes
	// nothing that is in a file. Set it from a flag of the test.
	Update bool
}

// States holds what the aggregate's fold makes of events against a golden file for each schema of its snapshots,
// v<schema>.json. A snapshot that is stored is used as long as its schema is the repository's, so a fold that makes
// other states of the same events needs a new schema: else old states are served. It fails the test where
//
//   - a state is no longer as the schema's file has it: it says which schema to raise to,
//   - the schema has no file, a file is of a newer schema, or a life is not in the schema's file,
//   - a registered type of event is in no life.
//
// A life has a name and events, from the first on. The files of older schemas stay: nobody takes their number again.
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

// states are what one schema's file has.
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

// covered looks for types of events that no life has.
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
			s.fail("no life has %s", c.name)
		}
	}
}
