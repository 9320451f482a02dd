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

// check returns the names of the functions, or an error that says what is missing. It runs before anything is built.
func (p Project) check() ([]string, error) {
	app := filepath.Join(p.Root, "infra")
	if _, err := os.Stat(app); err != nil {
		return nil, fmt.Errorf("%s has no ./infra, the folder of the service's CDK app: `annals new service` writes "+
			"one; to run a synthesized folder without it, use --template", p.Root)
	}
	if err := program(app, nil); err != nil {
		return nil, fmt.Errorf("./infra has to be the CDK app: %w", err)
	}
	functions, err := p.Functions()
	if err != nil {
		return nil, err
	}
	for _, f := range functions {
		if err := program(filepath.Join(p.Root, "functions", f), p.tags()); err != nil {
			return nil, fmt.Errorf("./functions/%s has to be a Lambda function, as every folder in ./functions: %w", f, err)
		}
	}
	if _, err := os.Stat(p.out()); err != nil { // an existing template may still be current
		return functions, needsNode()
	}
	return functions, nil
}

// program returns an error if a folder is not the main package of a program.
func program(dir string, tags []string) error {
	c := build.Default
	c.CgoEnabled, c.BuildTags = false, append(slices.Clone(c.BuildTags), tags...)
	pkg, err := c.ImportDir(dir, 0)
	if _, none := errors.AsType[*build.NoGoError](err); none {
		return errors.New("it has no Go files: write its main.go, or move the folder elsewhere")
	}
	if pkg != nil && pkg.Name != "" && pkg.Name != "main" {
		return fmt.Errorf("it is package %s: make it package main, or move the folder elsewhere", pkg.Name)
	}
	return nil // for any other mistake, the compiler has the better message
}

// Functions lists the folders in functions/ that are Lambda functions: all except testdata, internal, and those whose
// names begin with a dot or an underscore.
func (p Project) Functions() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(p.Root, "functions"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list the functions: %w", err)
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
