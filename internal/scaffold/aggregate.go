package scaffold

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
)

// aggregate is what the templates of an aggregate are filled in with.
type aggregate struct {
	Names
	// Q qualifies the names of the aggregate's package, where another package has them: "permit.".
	Q string
	// TestPackage, TestImport and Service are what the test over HTTP is in, imports and runs. Scope begins its
	// scopes. Declares: the test declares a service of its own.
	TestPackage, TestImport, Service, Scope string
	Declares                                bool
}

// NewAggregate plans an aggregate in the module that is in a folder: a folder of its own beside the declaration of the
// service, and a line of the declaration. Nothing is written yet.
//
// Errors: a folder that holds no module; no declaration in it, or several; a folder of the aggregate's name that
// exists already.
func NewAggregate(root string, names Names) (*Plan, error) {
	d, err := findDeclaration(root)
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(filepath.Dir(d.file), names.Package)
	if _, err := os.Stat(filepath.Join(root, folder)); err == nil {
		return nil, fmt.Errorf("%s exists already: choose another name", folder)
	}
	names.Annals, names.Import = d.annals, path.Join(d.module, filepath.ToSlash(folder))
	if d.imports[names.Import] != "" {
		return nil, fmt.Errorf("%s imports %s already: choose another name", d.file, names.Import)
	}
	p := &Plan{Root: root, Module: d.module}
	p.Create, err = render("aggregate", folder, aggregate{
		Names: names, TestPackage: names.Package, TestImport: names.Import, Scope: "test", Declares: true,
		Service: `annals.New("test", ` + names.Package + `.Parts(), annals.AuditTrail("GET /streams/{type}/{id}"))`,
	}, fileOfAggregate)
	if err != nil {
		return nil, err
	}
	p.Replace = map[string][]byte{d.file: d.with(names.Package+".Parts(),", names.Import)}
	return p, p.format()
}

// fileOfAggregate is the path of a file of an aggregate, by that of its template.
func fileOfAggregate(template string) string {
	dir, file := path.Split(template)
	switch dir {
	case "golden/":
		return "testdata/golden/{{.Type}}" + file
	case "states/":
		return "testdata/" + template
	}
	if file == "parts.tmpl" {
		return ""
	}
	return template
}
