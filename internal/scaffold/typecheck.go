package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// compiles refuses a plan that breaks a package: one whose names are taken, for example. Each package that the plan
// writes to is type-checked as it is and as it would be; only errors that the plan adds count.
//
// Packages of other modules, and those of Annals, are not read, so what is wrong with the use of them is not found.
func (p *Plan) compiles() error {
	folders := map[string]bool{}
	for _, all := range []map[string][]byte{p.Create, p.Replace} {
		for file := range all {
			if strings.HasSuffix(file, ".go") {
				folders[filepath.Dir(file)] = true
			}
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		before := (&Plan{Root: p.Root, Module: p.Module}).faults(folder)
		for _, fault := range p.faults(folder) {
			if !slices.Contains(before, fault) {
				return fmt.Errorf("%s: choose another name", fault)
			}
		}
	}
	return nil
}

// faults are the errors in the packages of a folder as they would be.
func (p *Plan) faults(folder string) (all []string) {
	set := token.NewFileSet()
	packages, faults := p.parsed(set, folder)
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		config := types.Config{Importer: reader{p, set}, Error: func(err error) {
			var fault types.Error
			continued := errors.As(err, &fault) && strings.HasPrefix(fault.Msg, "\t") // it belongs to the error before it
			if continued || strings.HasPrefix(fault.Msg, "could not import ") {
				return
			}
			all = append(all, set.Position(fault.Pos).Filename+" would not compile: "+fault.Msg)
		}}
		info := &types.Info{Defs: map[*ast.Ident]types.Object{}}
		checked, _ := config.Check(name, set, packages[name], info) // Error has each error
		all = append(all, p.hidden(set, checked, info)...)
	}
	return append(faults, all...)
}

// hidden are the local variables of new files that hide an import, or a name that a new file declares: the file means
// the other one, too. The type checker does not find that where it does not know the variable's type.
func (p *Plan) hidden(set *token.FileSet, checked *types.Package, info *types.Info) (all []string) {
	isNew := func(pos token.Pos) bool { return p.Create[set.Position(pos).Filename] != nil }
	for _, object := range info.Defs {
		local, is := object.(*types.Var)
		if !is || local.IsField() || local.Parent() == nil || local.Parent() == checked.Scope() || !isNew(local.Pos()) {
			continue
		}
		_, other := local.Parent().Parent().LookupParent(local.Name(), token.NoPos)
		_, imported := other.(*types.PkgName)
		if imported || other != nil && other.Parent() == checked.Scope() && isNew(other.Pos()) {
			all = append(all, fmt.Sprintf("%s would not compile: it has a variable %s of another meaning",
				set.Position(local.Pos()).Filename, local.Name()))
		}
	}
	slices.Sort(all)
	return all
}

// parsed are the files that a folder would have, by their packages, and what is wrong with the other files.
func (p *Plan) parsed(set *token.FileSet, folder string) (packages map[string][]*ast.File, faults []string) {
	packages = map[string][]*ast.File{}
	for _, name := range p.sources(folder) {
		file, err := parser.ParseFile(set, name, p.text(name), parser.SkipObjectResolution)
		if err != nil {
			faults = append(faults, err.Error())
			continue
		}
		for _, spec := range file.Imports {
			if spec.Name == nil { // the name that the type checker would guess can be another one
				spec.Name = &ast.Ident{NamePos: spec.Path.Pos(), Name: p.importedAs(spec)}
			}
		}
		packages[file.Name.Name] = append(packages[file.Name.Name], file)
	}
	return packages, faults
}

// reader imports the packages of the module, apart from those of Annals. The type checker takes every use of a package
// that can't be imported as correct.
type reader struct {
	plan *Plan
	set  *token.FileSet
}

func (r reader) Import(imported string) (*types.Package, error) {
	below, is := strings.CutPrefix(imported, r.plan.Module+"/")
	if !is || strings.HasPrefix(below, "pkg/") && r.plan.Module == Annals {
		return nil, errors.New("not read")
	}
	packages, _ := r.plan.parsed(r.set, filepath.FromSlash(below))
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		files := slices.DeleteFunc(packages[name], func(file *ast.File) bool {
			return strings.HasSuffix(r.set.Position(file.Package).Filename, "_test.go")
		})
		if len(files) > 0 {
			lenient := types.Config{Importer: nothing{}, Error: func(error) {}, IgnoreFuncBodies: true}
			read, _ := lenient.Check(name, r.set, files, nil) // with errors, it is what could be read
			return read, nil
		}
	}
	return nil, errors.New("not read")
}

// nothing imports no package.
type nothing struct{}

func (nothing) Import(string) (*types.Package, error) { return nil, errors.New("not read") }

// sources are the Go files that a folder would have, as paths below the root. Files that are not compiled here, for
// another system for example, don't count.
func (p *Plan) sources(folder string) []string {
	files := map[string]bool{}
	entries, _ := os.ReadDir(filepath.Join(p.Root, folder)) // a new folder has none
	for _, entry := range entries {
		files[filepath.Join(folder, entry.Name())] = true
	}
	for _, all := range []map[string][]byte{p.Create, p.Replace} {
		for file := range all {
			if filepath.Dir(file) == folder {
				files[file] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(files)), func(file string) bool {
		return !strings.HasSuffix(file, ".go") || !compiled(file, p.text(file))
	})
}

// text is what a file would hold.
func (p *Plan) text(file string) []byte {
	for _, all := range []map[string][]byte{p.Create, p.Replace} {
		if text, is := all[file]; is {
			return text
		}
	}
	text, _ := os.ReadFile(filepath.Join(p.Root, file)) // a file that can't be read holds nothing that counts
	return text
}

// compiled tells whether the go command compiles a file on this system, by its name and its build constraints.
func compiled(file string, text []byte) bool {
	here := build.Default
	here.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
	is, err := here.MatchFile(filepath.Dir(file), filepath.Base(file))
	return is || err != nil // the parser says what is wrong
}

// importedAs is the name of an imported package in its file. The name of a package of the module is read from its
// files; that of another package is what Go programs assume: the last part of its path, without a version.
func (p *Plan) importedAs(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	imported, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return ""
	}
	if below, is := strings.CutPrefix(imported+"/", p.Module+"/"); is {
		for _, file := range p.sources(filepath.Clean(filepath.FromSlash(below))) {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, p.text(file), parser.PackageClauseOnly)
			if err == nil && !strings.HasSuffix(file, "_test.go") {
				return parsed.Name.Name
			}
		}
	}
	name := path.Base(imported)
	if version.MatchString(name) {
		name = path.Base(path.Dir(imported))
	}
	name, _, _ = strings.Cut(strings.TrimPrefix(name, "go-"), ".")
	name, _, _ = strings.Cut(name, "-")
	return name
}

// version is the last part of the path of a module of a later major version.
var version = regexp.MustCompile(`^v[0-9]+$`)
