package scaffold

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// beside holds the values for the templates of a file beside the declaration: a read model or a reaction of an
// aggregate.
type beside struct {
	Names
	// Pkg is the declaration's package, Kit the path of Annals's module.
	Pkg, Kit string
	// Of is the aggregate, OfIn the import path of its package if that is another package. Q is the prefix for its
	// names.
	Of    declared
	OfIn  string
	Q     string
	OfThe Names
	// First is the event that the test starts with.
	First string
	// By is the field that a list is by, or "". From are the events that have the field. List is the list's variable.
	By                      Names
	ByField, ByJSON, ByName string
	From                    []from
	List, Route             string
}

// from is an event that has a field.
type from struct {
	Event string
	Plain bool
}

// besideDeclaration returns the declaration, and the values for a new file beside it.
func besideDeclaration(root string, names Names, of string) (*declaration, *beside, error) {
	d, err := findDeclaration(root)
	if err != nil {
		return nil, nil, err
	}
	ofThe, err := NamesOf(of, "")
	if err != nil {
		return nil, nil, err
	}
	a, err := aggregateNamed(root, d.module, ofThe.Type)
	if err != nil {
		return nil, nil, err
	}
	b := &beside{Names: names, Pkg: d.pkg, Kit: d.annals, Of: a, OfThe: ofThe}
	if a.Import != d.importPath() {
		b.OfIn, b.Q = a.Import, a.Package+"."
		if as := d.imports[a.Import]; as != "" && as != a.Package {
			return nil, nil, fmt.Errorf("%s imports %s as %s: import it under its own name", d.file, a.Import, as)
		}
		for _, name := range []string{a.Var, a.State, a.Event} {
			if !ast.IsExported(name) {
				return nil, nil, fmt.Errorf("%s.%s is not exported: the declaration in %s cannot use it", a.Import, name, d.file)
			}
		}
	}
	return d, b, nil
}

// plan returns the plan of one file with its test, and of a line in the declaration.
func (b *beside) plan(root, templates string, d *declaration, line string, declares ...string) (*Plan, error) {
	p := &Plan{Root: root, Module: d.module}
	var err error
	if p.Create, err = render(templates, filepath.Dir(d.file), b, func(template string) string {
		return strings.ToLower(b.Type) + strings.TrimPrefix(template, strings.TrimSuffix(templates, "-listed"))
	}); err != nil {
		return nil, err
	}
	if err := p.absent(); err != nil {
		return nil, err
	}
	if err := undeclared(filepath.Join(root, filepath.Dir(d.file)), declares); err != nil {
		return nil, err
	}
	var imports []string
	if b.OfIn != "" {
		imports = append(imports, b.OfIn)
	}
	p.Replace = map[string][]byte{d.file: d.with(line, imports...)}
	return p, p.format()
}

// undeclared returns an error if a name is already declared or imported in a folder's package, or is reserved in Go.
func undeclared(folder string, names []string) error {
	for _, name := range names {
		if token.IsKeyword(name) || slices.Contains(reserved, name) {
			return fmt.Errorf("the name %s is reserved: choose another name", name)
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return err
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			continue // the compiler reports the mistake
		}
		for _, spec := range file.Imports {
			if name := importedAs(spec); slices.Contains(names, name) {
				return fmt.Errorf("a file of %s imports a package %s: choose another name", folder, name)
			}
		}
		for _, declared := range namesIn(file) {
			if slices.Contains(names, declared) {
				return fmt.Errorf("%s already declares %s: choose another name", name, declared)
			}
		}
	}
	return nil
}

// importedAs returns the name of an imported package in its file.
func importedAs(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	imported, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return ""
	}
	return path.Base(imported)
}

// namesIn returns the names that a file declares.
func namesIn(file *ast.File) (names []string) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				names = append(names, namesOf(spec)...)
			}
		}
	}
	return names
}

// namesOf returns the names that a part of a declaration declares.
func namesOf(spec ast.Spec) (names []string) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		names = append(names, s.Name.Name)
	case *ast.ValueSpec:
		for _, n := range s.Names {
			names = append(names, n.Name)
		}
	}
	return names
}
