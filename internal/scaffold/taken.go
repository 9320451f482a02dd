package scaffold

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// taken reports a name that a new file declares and a file beside it has already, such as a type Page.
func (p *Plan) taken() error {
	for file, text := range p.Create {
		if !strings.HasSuffix(file, ".go") {
			continue
		}
		mine, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if err := takenBeside(mine, filepath.Join(p.root, filepath.Dir(file))); err != nil {
			return err
		}
	}
	return nil
}

// takenBeside compares a new file with those of its package in a folder.
func takenBeside(mine *ast.File, dir string) error {
	declared := names(mine)
	beside, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	for _, path := range beside {
		other, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil || other.Name.Name != mine.Name.Name {
			continue // it is no Go, or the tests' package
		}
		for _, name := range names(other) {
			if name != "_" && slices.Contains(declared, name) {
				return fmt.Errorf("%s declares %s already: choose another name", path, name)
			}
		}
	}
	return nil
}

// names are what a file declares at its top: functions, types, variables and constants, and methods with their receiver's type.
func names(file *ast.File) []string {
	var all []string
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			all = append(all, receiver(d)+d.Name.Name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					all = append(all, s.Name.Name)
				case *ast.ValueSpec:
					for _, name := range s.Names {
						all = append(all, name.Name)
					}
				}
			}
		}
	}
	return all
}

// receiver is "Models." of a method of *Models, "" of a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return ""
	}
	of := f.Recv.List[0].Type
	if pointer, is := of.(*ast.StarExpr); is {
		of = pointer.X
	}
	if name, is := of.(*ast.Ident); is {
		return name.Name + "."
	}
	return "?."
}
