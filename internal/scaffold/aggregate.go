package scaffold

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
)

// aggregate holds the values for the templates of an aggregate.
type aggregate struct {
	Names
	// Q is the prefix for the names of the aggregate's package in other packages: "permit.".
	Q string
	// TestPackage, TestImport and Service are the package of the HTTP test, what it imports, and the service that it
	// runs. Scope is the prefix of its scopes. Declares is true if the test declares its own service.
	TestPackage, TestImport, Service, Scope string
	Declares                                bool
}

// NewAggregate plans a new aggregate in the module in a folder: a folder beside the service's declaration, and a line
// in the declaration. It writes nothing: see [Plan.Write].
//
// Errors: the folder has no module; the module has no declaration or several; a folder with the aggregate's name
// exists.
func NewAggregate(root string, names Names) (*Plan, error) {
	d, err := findDeclaration(root)
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(filepath.Dir(d.file), names.Package)
	if _, err := os.Stat(filepath.Join(root, folder)); err == nil {
		return nil, fmt.Errorf("%s already exists: choose another name", folder)
	}
	names.Annals, names.Import = d.annals, path.Join(d.module, filepath.ToSlash(folder))
	if d.imports[names.Import] != "" {
		return nil, fmt.Errorf("%s already imports %s: choose another name", d.file, names.Import)
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
	return p, p.check()
}

// fileOfAggregate returns the path of an aggregate's file, from the path of its template.
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
