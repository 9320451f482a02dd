package estest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// moment is an event of a life in its stored form, and the state after it.
type moment struct {
	Type   string          `json:"type"`
	Schema int             `json:"schema"`
	Data   json.RawMessage `json:"data"`
	State  json.RawMessage `json:"state"`
}

func statesFile(schema int) string { return fmt.Sprintf("v%d.json", schema) }

// read reads the schema's file, and checks the names of the others.
func (s *states[S, E]) read() {
	s.kept = map[string][]moment{}
	files, err := os.ReadDir(s.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.fail("%w", err)
	}
	for _, file := range files {
		var schema int
		if n, _ := fmt.Sscanf(file.Name(), "v%d.json", &schema); n != 1 || file.Name() != statesFile(schema) {
			s.fail("%s: want v<schema>.json", filepath.Join(s.Dir, file.Name()))
		} else if schema > s.Schema {
			s.fail("%s is of a newer schema than %d: snapshots of it may be stored: raise Schema to %d",
				filepath.Join(s.Dir, file.Name()), s.Schema, schema+1)
		}
	}
	text, err := os.ReadFile(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && s.Update:
	case errors.Is(err, fs.ErrNotExist):
		s.fail("schema %d has no file %s: write it with -update, and keep the files of older schemas", s.Schema, s.path)
	case err != nil:
		s.fail("%w", err)
	default:
		if err := json.Unmarshal(text, &s.kept); err != nil {
			s.fail("%s: %w", s.path, err)
		}
	}
}

// write writes the file if lives were added and there was no error.
func (s *states[S, E]) write() {
	if !s.added || len(s.errs) > 0 {
		return
	}
	text, err := json.MarshalIndent(s.kept, "", "  ")
	if err == nil {
		err = os.MkdirAll(s.Dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(s.path, append(text, '\n'), 0o644)
	}
	if err != nil {
		s.fail("%w", err)
	}
}
