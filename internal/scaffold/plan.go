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

// Write writes the files. If a file can't be written, the new files before it are removed, with their folders.
func (p *Plan) Write() (err error) {
	var made []string
	defer func() {
		if err != nil {
			for _, path := range slices.Backward(made) {
				_ = os.Remove(path) // err says what is wrong
			}
		}
	}()
	for _, all := range []map[string][]byte{p.Create, p.Replace} { // what is replaced names what is new
		for _, file := range slices.Sorted(maps.Keys(all)) {
			path := filepath.Join(p.Root, file)
			made = append(made, missing(path)...)
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

// missing are a path and its folders, as far as they don't exist: the outermost first.
func missing(path string) (all []string) {
	for {
		if _, err := os.Lstat(path); err == nil || path == filepath.Dir(path) {
			return all
		}
		all = append([]string{path}, all...)
		path = filepath.Dir(path)
	}
}

// check formats the Go files, and refuses a plan whose packages would not compile.
func (p *Plan) check() error {
	if err := p.format(); err != nil {
		return err
	}
	return p.compiles()
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
