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

// Plan is what a command writes: the whole text of each file, by its path below the root.
type Plan struct {
	// Root is the module's folder, Module its path.
	Root, Module string
	Create       map[string][]byte
	Replace      map[string][]byte
}

// Files are the paths that are written, sorted: those that are new, and those that change.
func (p *Plan) Files() (created, changed []string) {
	return slices.Sorted(maps.Keys(p.Create)), slices.Sorted(maps.Keys(p.Replace))
}

// Write writes the files. If a file can't be written, those before it stay.
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
				return fmt.Errorf("%s would no longer be Go: %w", file, err)
			}
			all[file] = formatted
		}
	}
	return nil
}

// absent refuses a plan whose new files exist already.
func (p *Plan) absent() error {
	for _, file := range slices.Sorted(maps.Keys(p.Create)) {
		if _, err := os.Lstat(filepath.Join(p.Root, file)); err == nil {
			return fmt.Errorf("%s exists already: choose another name", file)
		}
	}
	return nil
}
