package scaffold

import (
	"fmt"
	"go/format"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Plan is what a command will write: the whole text of each file, by path below the root.
type Plan struct {
	// Root is the module's folder, Module its path.
	Root, Module string
	Create       map[string][]byte
	Replace      map[string][]byte
}

// Files returns the paths that are written, sorted: those of new files, and those of changed files.
func (p *Plan) Files() (created, changed []string) {
	return slices.Sorted(maps.Keys(p.Create)), slices.Sorted(maps.Keys(p.Replace))
}

// Write writes the files. If one cannot be written, those before it stay.
func (p *Plan) Write() error {
	for _, all := range []map[string][]byte{p.Create, p.Replace} {
		for _, file := range slices.Sorted(maps.Keys(all)) {
			path := filepath.Join(p.Root, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, all[file], 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// format formats the Go files.
func (p *Plan) format() error {
	for _, all := range []map[string][]byte{p.Create, p.Replace} {
		for file, text := range all {
			if !strings.HasSuffix(file, ".go") {
				continue
			}
			formatted, err := format.Source(text)
			if err != nil {
				return fmt.Errorf("%s would not be valid Go after the change: %w", file, err)
			}
			all[file] = formatted
		}
	}
	return nil
}

// absent returns an error if a new file of the plan already exists.
func (p *Plan) absent() error {
	for _, file := range slices.Sorted(maps.Keys(p.Create)) {
		if _, err := os.Lstat(filepath.Join(p.Root, file)); err == nil {
			return fmt.Errorf("%s already exists: choose another name", file)
		}
	}
	return nil
}
