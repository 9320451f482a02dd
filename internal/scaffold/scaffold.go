package scaffold

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"go/format"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"
)

//go:embed templates
var templates embed.FS

// Plan is what a new aggregate makes of a project: the whole text of each file, by its path in the project.
type Plan struct {
	root    string
	Create  map[string][]byte
	Replace map[string][]byte
}

var modulePattern = regexp.MustCompile(`(?m)^module (\S+)$`)

// New plans a new aggregate in the project that is in a folder. Nothing is written yet.
//
// Errors: a folder that is no clone of the project, a file or a name that is there already, a place that is missing.
func New(root string, names Names) (*Plan, error) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	found := modulePattern.FindSubmatch(mod)
	if err != nil || found == nil || !exists(filepath.Join(root, "shop/api/routes/routes.go")) {
		return nil, errors.New("this is no clone of the project: run it where go.mod and shop/api are")
	}
	names.Module = string(found[1])
	p := &Plan{root: root, Create: map[string][]byte{}, Replace: map[string][]byte{}}
	for file, source := range files {
		if err := p.create(expand(file, names), source, names); err != nil {
			return nil, err
		}
	}
	for _, at := range places {
		if err := p.insert(at, expand(at.text, names)); err != nil {
			return nil, err
		}
	}
	for _, file := range imported {
		ours := []byte("\t\"" + names.Module + "/") // formatting sorts them
		line := fmt.Appendf(nil, "\t%q\n", names.Module+"/shop/"+names.Package)
		p.Replace[file] = bytes.Replace(p.Replace[file], ours, append(line, ours...), 1)
	}
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
	if err := p.taken(); err != nil {
		return nil, err
	}
	return p, nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// expand fills a template in, which is one of this package.
func expand(text string, names Names) string {
	var out strings.Builder
	if err := template.Must(template.New("").Parse(text)).Execute(&out, names); err != nil {
		panic(err)
	}
	return out.String()
}

func (p *Plan) create(file, source string, names Names) error {
	if exists(filepath.Join(p.root, file)) {
		return fmt.Errorf("%s is there already: choose another name", file)
	}
	text, err := templates.ReadFile("templates/" + source)
	if err != nil {
		return err
	}
	p.Create[file] = []byte(expand(string(text), names))
	return nil
}

// insert puts lines above the comment that marks a place.
func (p *Plan) insert(at place, lines string) error {
	text, there := p.Replace[at.file]
	if !there {
		var err error
		if text, err = os.ReadFile(filepath.Join(p.root, at.file)); err != nil {
			return fmt.Errorf("the project lacks a file that a new aggregate is named in: %w", err)
		}
	}
	mark := regexp.MustCompile(`(?m)^([ \t]*)(//|# ?)annals:new ` + regexp.QuoteMeta(at.name) + `$`)
	found := mark.FindAllSubmatchIndex(text, -1)
	if len(found) != 1 {
		return fmt.Errorf("%s has the comment \"annals:new %s\" %d times: put it once where new aggregates go", at.file, at.name, len(found))
	}
	begin, indent := found[0][0], string(text[found[0][2]:found[0][3]])
	inserted := indent + strings.ReplaceAll(lines, "\n", "\n"+indent) + "\n"
	if bytes.Contains(text, []byte(inserted)) {
		return fmt.Errorf("%s has that already: %s", at.file, strings.TrimSpace(inserted))
	}
	p.Replace[at.file] = slices.Concat(text[:begin], []byte(inserted), text[begin:])
	return nil
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
