package scaffold

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// kit is the suffix of the import path of package annals.
const kit = "/pkg/annals"

// declaration is the call of annals.New that declares a module's service.
type declaration struct {
	// module is the path of the service's module, annals that of Annals's.
	module, annals string
	// file is the file's path in the module, with its text.
	file string
	text []byte
	// args is the end of the call's arguments, kit the end of the import of package annals. Both are offsets in the
	// text.
	args, kit int
	// comma is true if a comma follows the last argument, block if the imports are in parentheses.
	comma, block bool
	// name is the name of package annals in the file, pkg the name of the file's package.
	name, pkg string
	// imports are the imported paths, with their names in the file.
	imports map[string]string
}

// modulePattern is the line of a go.mod that names the module: quoted or not, and a comment may follow.
var modulePattern = regexp.MustCompile(`(?m)^\s*module\s+["\x60]?([^\s"\x60]+?)["\x60]?\s*(//.*)?$`)

// findDeclaration finds the declaration in the module in a folder. It ignores tests, examples and nested modules.
func findDeclaration(root string) (*declaration, error) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	found := modulePattern.FindSubmatch(mod)
	if err != nil || found == nil {
		return nil, fmt.Errorf("%s has no go.mod with a module: run this in the folder of your service's go.mod",
			absolute(root))
	}
	p := &Plan{Root: root, Module: string(found[1])}
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
		d, err := p.declarationIn(path)
		if err != nil || d == nil {
			return err
		}
		d.module = p.Module
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
		return nil, fmt.Errorf("annals.New is called in %d files of module %s%s: call it once, in the declaration of the service",
			len(all), p.Module, listed(files))
	}
	return all[0], nil
}

// passOver skips folders that cannot have the declaration.
func passOver(root, path, name string) error {
	if path == root {
		return nil
	}
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	other := []string{"testdata", "vendor", "node_modules", "examples"}
	if err == nil || strings.HasPrefix(name, ".") || slices.Contains(other, name) {
		return filepath.SkipDir
	}
	return nil
}

// declarationIn returns the declaration in a file, or nil if there is none. A file that is not compiled has none.
func (p *Plan) declarationIn(name string) (*declaration, error) {
	text, err := os.ReadFile(name)
	if err != nil || !bytes.Contains(text, []byte(kit+`"`)) || !compiled(name, text) {
		return nil, err
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("%s is not valid Go: %w", name, err)
	}
	d := &declaration{text: text, pkg: file.Name.Name}
	d.importsOf(p, set, file)
	calls, spread := 0, false
	ast.Inspect(file, func(node ast.Node) bool {
		call, is := node.(*ast.CallExpr)
		if !is {
			return true
		}
		if called, is := call.Fun.(*ast.SelectorExpr); is && called.Sel.Name == "New" {
			if of, is := called.X.(*ast.Ident); is && of.Name == d.name && len(call.Args) > 0 {
				calls++
				last, end := set.Position(call.Args[len(call.Args)-1].End()).Offset, set.Position(call.Rparen).Offset
				d.args, d.comma, spread = end, hasComma(text[last:end]), call.Ellipsis.IsValid()
			}
		}
		return true
	})
	switch calls {
	case 0:
		return nil, nil
	case 1:
		if spread {
			return nil, fmt.Errorf("%s calls annals.New with a slice (...), which takes no line: "+
				"list the parts in the call", name)
		}
		return d, nil
	}
	return nil, fmt.Errorf("%s calls annals.New %d times: call it once, in the declaration of the service", name, calls)
}

// hasComma reports whether a piece of Go source has a comma outside its comments.
func hasComma(text []byte) bool {
	set := token.NewFileSet()
	var s scanner.Scanner
	s.Init(set.AddFile("", -1, len(text)), text, nil, 0)
	_, found, _ := s.Scan()
	for found != token.COMMA && found != token.EOF {
		_, found, _ = s.Scan()
	}
	return found == token.COMMA
}

// importsOf records what a file imports.
func (d *declaration) importsOf(p *Plan, set *token.FileSet, file *ast.File) {
	d.imports = map[string]string{}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		d.imports[imported] = p.importedAs(spec)
		if strings.HasSuffix(imported, kit) {
			d.annals, d.kit = strings.TrimSuffix(imported, kit), set.Position(spec.End()).Offset
			d.name = d.imports[imported]
		}
	}
	for _, group := range file.Decls {
		if g, is := group.(*ast.GenDecl); is && g.Tok == token.IMPORT && set.Position(g.End()).Offset >= d.kit {
			d.block = g.Lparen.IsValid()
			break
		}
	}
}

// with returns the file with another line at the end of the declaration, and with the imports that it lacks.
func (d *declaration) with(line string, imports ...string) []byte {
	line += "\n"
	if !d.comma {
		line = ",\n" + line
	}
	added := ""
	for _, imported := range imports {
		switch {
		case d.imports[imported] != "":
		case d.block:
			added += "\n\t" + strconv.Quote(imported)
		default:
			added += "\n\nimport " + strconv.Quote(imported)
		}
	}
	return slices.Concat(d.text[:d.kit], []byte(added), d.text[d.kit:d.args], []byte(line), d.text[d.args:])
}

// in returns a line of the declaration with the file's name of package annals.
func (d *declaration) in(line string) string {
	return d.name + strings.TrimPrefix(line, "annals")
}

// importPath is the import path of the declaration's package.
func (d *declaration) importPath() string {
	return path.Join(d.module, filepath.ToSlash(filepath.Dir(d.file)))
}

// listed returns a list of files for the end of a clause.
func listed(files []string) string {
	if len(files) == 0 {
		return ""
	}
	return " (" + strings.Join(files, ", ") + ")"
}

// absolute returns a folder's absolute path, for messages.
func absolute(dir string) string {
	if whole, err := filepath.Abs(dir); err == nil {
		return whole
	}
	return dir
}
