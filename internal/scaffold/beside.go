package scaffold

import (
	"fmt"
	"go/ast"
	"go/token"
	"path/filepath"
	"slices"
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

// ownTables are the names of the tables that every service has: package annals refuses them as those of read models and
// reactions.
var ownTables = []string{"events", "snapshots", "projections", "connections", "publisher"}

// besideDeclaration returns the declaration, and the values for a new file beside it.
func besideDeclaration(root string, names Names, of string) (*declaration, *beside, error) {
	if token.IsKeyword(names.Var) {
		return nil, nil, fmt.Errorf("the name %s is reserved: choose another name", names.Var)
	}
	if slices.Contains(ownTables, names.Kebab) {
		return nil, nil, fmt.Errorf("every service has a table %s: choose another name, each read model and reaction has a "+
			"table of its name", names.Kebab)
	}
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
func (b *beside) plan(root, templates string, d *declaration, line string) (*Plan, error) {
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
	var imports []string
	if b.OfIn != "" {
		imports = append(imports, b.OfIn)
	}
	p.Replace = map[string][]byte{d.file: d.with(line, imports...)}
	return p, p.check()
}
