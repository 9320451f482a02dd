package scaffold

import (
	"embed"
	"fmt"
	"go/format"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

//go:embed templates
var templates embed.FS

// files are the new ones, in the aggregate's folder, each with the template that it is made of.
var files = map[string]string{
	"event.go":        "event.go.tmpl",
	"state.go":        "state.go.tmpl",
	"decide.go":       "decide.go.tmpl",
	"service.go":      "service.go.tmpl",
	"summary.go":      "summary.go.tmpl",
	"fixture_test.go": "fixture_test.go.tmpl",
	"decide_test.go":  "decide_test.go.tmpl",
	"summary_test.go": "summary_test.go.tmpl",
	"service_test.go": "service_test.go.tmpl",
	"testdata/golden/{{.Type}}Created.v1.json":  "golden/Created.v1.json.tmpl",
	"testdata/golden/{{.Type}}Renamed.v1.json":  "golden/Renamed.v1.json.tmpl",
	"testdata/golden/{{.Type}}Archived.v1.json": "golden/Archived.v1.json.tmpl",
	"testdata/states/v1.json":                   "states/v1.json.tmpl",
}

// Plan is what a new aggregate makes of a module: the whole text of each file, by its path in the module.
type Plan struct {
	root    string
	Create  map[string][]byte
	Replace map[string][]byte
}

// New plans a new aggregate in the module that is in a folder, beside the declaration of its service. Nothing is written yet.
//
// Errors: a folder that holds no module; no declaration in it, or several; a folder of the aggregate's name that is there
// already.
func New(root string, names Names) (*Plan, error) {
	d, err := findDeclaration(root)
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(filepath.Dir(d.file), names.Package)
	if _, err := os.Stat(filepath.Join(root, folder)); err == nil {
		return nil, fmt.Errorf("%s is there already: choose another name", folder)
	}
	names.Annals, names.Import = d.annals, path.Join(d.module, filepath.ToSlash(folder))
	p := &Plan{root: root, Create: map[string][]byte{}}
	for file, source := range files {
		text, err := templates.ReadFile("templates/" + source)
		if err != nil {
			return nil, err
		}
		p.Create[filepath.Join(folder, expand(file, names))] = []byte(expand(string(text), names))
	}
	changed, err := d.with(names)
	if err != nil {
		return nil, err
	}
	p.Replace = map[string][]byte{d.file: changed}
	for _, all := range []map[string][]byte{p.Create, p.Replace} {
		for file, text := range all {
			if !strings.HasSuffix(file, ".go") {
				continue
			}
			if all[file], err = format.Source(text); err != nil {
				return nil, fmt.Errorf("%s would not be Go any more: %w", file, err)
			}
		}
	}
	return p, nil
}

// expand fills a template in, which is one of this package.
func expand(text string, names Names) string {
	var out strings.Builder
	if err := template.Must(template.New("").Parse(text)).Execute(&out, names); err != nil {
		panic(err)
	}
	return out.String()
}

// Files are the paths that are written, sorted: those that are new, and those that change.
func (p *Plan) Files() (created, changed []string) {
	return slices.Sorted(maps.Keys(p.Create)), slices.Sorted(maps.Keys(p.Replace))
}

// Write writes all of it. Interrupted, or where a file can't be written, `git status` shows what was.
func (p *Plan) Write() error {
	for _, all := range []map[string][]byte{p.Create, p.Replace} {
		for _, file := range slices.Sorted(maps.Keys(all)) {
			path := filepath.Join(p.root, file)
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
