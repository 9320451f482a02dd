package scaffold

import (
	"embed"
	"io/fs"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed templates
var templates embed.FS

// shared are the templates that other templates use.
var shared = template.Must(template.ParseFS(templates, "templates/aggregate/parts.tmpl"))

// render returns the files of a template folder, filled in, by path below dir. Paths are templates too. where changes a
// path; if it returns "", the file is left out.
func render(folder, dir string, values any, where func(path string) string) (map[string][]byte, error) {
	files := map[string][]byte{}
	sub, err := fs.Sub(templates, "templates/"+folder)
	if err != nil {
		return nil, err
	}
	return files, fs.WalkDir(sub, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(sub, path)
		if err != nil {
			return err
		}
		path, is := strings.CutSuffix(where(path), ".tmpl")
		if path == "" {
			return nil
		}
		if is {
			text = []byte(expand(string(text), values))
		}
		files[filepath.Join(dir, filepath.FromSlash(expand(path, values)))] = text
		return nil
	})
}

// expand fills in a template of this package.
func expand(text string, values any) string {
	var out strings.Builder
	set := template.Must(shared.Clone())
	if err := template.Must(set.New("").Parse(text)).Execute(&out, values); err != nil {
		panic(err)
	}
	return out.String()
}
