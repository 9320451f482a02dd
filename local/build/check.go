package build

import (
	"errors"
	"fmt"
	"go/build"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// check says what is missing before anything is built, and returns the functions.
func (p Project) check() ([]string, error) {
	app := filepath.Join(p.Root, "infra")
	if _, err := os.Stat(app); err != nil {
		return nil, fmt.Errorf("%s has no ./infra: the CDK app of the service has to be there; `annals new service` writes "+
			"one, and --template runs a synthesized folder without it", p.Root)
	}
	if err := program(app); err != nil {
		return nil, fmt.Errorf("./infra is the CDK app, and %w", err)
	}
	functions, err := p.Functions()
	if err != nil {
		return nil, err
	}
	for _, f := range functions {
		if err := program(filepath.Join(p.Root, "functions", f)); err != nil {
			return nil, fmt.Errorf("./functions/%s is a Lambda function, as each folder of ./functions, and %w", f, err)
		}
	}
	if _, err := os.Stat(p.out()); err != nil { // what was synthesized may still be good
		return functions, needsNode()
	}
	return functions, nil
}

// program says what keeps a folder from being a program.
func program(dir string) error {
	c := build.Default
	c.CgoEnabled, c.BuildTags = false, append(slices.Clone(c.BuildTags), tags)
	pkg, err := c.ImportDir(dir, 0)
	if _, none := errors.AsType[*build.NoGoError](err); none {
		return errors.New("it has no Go files: write its main.go, or move the folder elsewhere")
	}
	if pkg != nil && pkg.Name != "" && pkg.Name != "main" {
		return fmt.Errorf("it is package %s: make it package main, or move the folder elsewhere", pkg.Name)
	}
	return nil // of all else, the compiler knows more to say
}

// Functions lists the folders below functions/ that are functions: all but testdata, internal, and those whose names
// begin with a dot or an underscore.
func (p Project) Functions() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(p.Root, "functions"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("look for functions: %w", err)
	}
	var names []string
	for _, e := range entries {
		other := e.Name() == "testdata" || e.Name() == "internal" || strings.ContainsAny(e.Name()[:1], "._")
		if e.IsDir() && !other {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s has no functions: each folder of ./functions has to be the main package of a Lambda "+
			"function; `annals new service` writes them", p.Root)
	}
	return names, nil
}
