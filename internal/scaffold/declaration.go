package scaffold

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// kit is how the import path of package annals ends.
const kit = "/pkg/annals"

// declaration is the call of annals.New that declares a module's service.
type declaration struct {
	// module is the path of the module, annals that of the module that package annals is in.
	module, annals string
	// file is the file's path in the module, with its text.
	file string
	text []byte
	// args is where the call's arguments end, imports where its imports do: both as offsets in the text.
	args, imports int
	// comma: the last argument has one behind it. block: the imports are in parentheses.
	comma, block bool
}

var modulePattern = regexp.MustCompile(`(?m)^module (\S+)$`)

// findDeclaration looks for the declaration in the module that is in a folder. Tests, examples and modules within it don't count.
func findDeclaration(root string) (*declaration, error) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	found := modulePattern.FindSubmatch(mod)
	if err != nil || found == nil {
		return nil, fmt.Errorf("there is no go.mod: run this where that of your service is")
	}
	var all []*declaration
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return passOver(root, path, entry.Name())
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		d, err := declarationIn(path)
		if err != nil || d == nil {
			return err
		}
		d.module = string(found[1])
		if d.file, err = filepath.Rel(root, path); err != nil {
			return err
		}
		all = append(all, d)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(all) != 1 {
		files := make([]string, len(all))
		for i, d := range all {
			files[i] = d.file
		}
		return nil, fmt.Errorf("annals.New is called in %d files of the module %s: the line of the new aggregate goes into the one that calls it once",
			len(all), strings.Join(files, ", "))
	}
	return all[0], nil
}

// passOver skips the folders that hold no service of the module.
func passOver(root, path, name string) error {
	if path == root {
		return nil
	}
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	if err == nil || strings.HasPrefix(name, ".") || slices.Contains([]string{"testdata", "vendor", "node_modules", "examples", "pkg"}, name) {
		return filepath.SkipDir
	}
	return nil
}

// declarationIn is the declaration in a file, nil if there is none. A file that is not Go has none.
func declarationIn(path string) (*declaration, error) {
	text, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(text, []byte(kit+`"`)) {
		return nil, err
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("%s is not Go: %w", path, err)
	}
	d := &declaration{text: text}
	name := d.importOf(set, file)
	calls := 0
	ast.Inspect(file, func(node ast.Node) bool {
		call, is := node.(*ast.CallExpr)
		if !is {
			return true
		}
		if called, is := call.Fun.(*ast.SelectorExpr); is && called.Sel.Name == "New" {
			if of, is := called.X.(*ast.Ident); is && of.Name == name && len(call.Args) > 0 {
				calls++
				last, end := set.Position(call.Args[len(call.Args)-1].End()).Offset, set.Position(call.Rparen).Offset
				d.args, d.comma = end, bytes.Contains(text[last:end], []byte(","))
			}
		}
		return true
	})
	switch calls {
	case 0:
		return nil, nil
	case 1:
		return d, nil
	}
	return nil, fmt.Errorf("%s calls annals.New %d times: the line of the new aggregate goes into a file that calls it once", path, calls)
}

// importOf notes how a file imports package annals, and returns its name there.
func (d *declaration) importOf(set *token.FileSet, file *ast.File) (name string) {
	for _, spec := range file.Imports {
		if imported, err := strconv.Unquote(spec.Path.Value); err == nil && strings.HasSuffix(imported, kit) {
			d.annals, d.imports = strings.TrimSuffix(imported, kit), set.Position(spec.End()).Offset
			name = "annals"
			if spec.Name != nil {
				name = spec.Name.Name
			}
		}
	}
	for _, group := range file.Decls {
		if g, is := group.(*ast.GenDecl); is && g.Tok == token.IMPORT && set.Position(g.End()).Offset >= d.imports {
			d.block = g.Lparen.IsValid()
			break
		}
	}
	return name
}

// with is the file with an aggregate more: its import, and its line at the end of the declaration.
func (d *declaration) with(names Names) ([]byte, error) {
	line := names.Package + ".Parts(),\n"
	if bytes.Contains(d.text, []byte(`"`+names.Import+`"`)) {
		return nil, fmt.Errorf("%s imports %s already", d.file, names.Import)
	}
	if !d.comma {
		line = ",\n" + line
	}
	imported := "\n\t" + strconv.Quote(names.Import)
	if !d.block {
		imported = "\n\nimport " + strconv.Quote(names.Import)
	}
	return slices.Concat(d.text[:d.imports], []byte(imported), d.text[d.imports:d.args], []byte(line), d.text[d.args:]), nil
}
