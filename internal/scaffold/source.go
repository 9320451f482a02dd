package scaffold

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// declared is an aggregate that the module has.
type declared struct {
	// Stream is the type of its streams, Import the path of its package, Package that package's name.
	Stream, Import, Package string
	// Var, State and Event are the names of the aggregate's variable, and of the types of its state and its events.
	Var, State, Event string
	// events are the types that its registry stores, in the order of their registration.
	events []event
}

// event is a type of events.
type event struct {
	Name string
	// fields are the texts among its fields.
	fields []field
	// others are the names of its other fields.
	others []string
}

// field is a field that holds a text. Plain: its type is string itself.
type field struct {
	Name  string
	Plain bool
}

// aggregatesOf finds the aggregates of a module: the variables that hold an es.Aggregate.
func aggregatesOf(root, module string) ([]declared, error) {
	var all []declared
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if err := passOver(root, file, entry.Name()); err != nil {
			return err
		}
		found, err := aggregatesIn(file)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		for _, a := range found {
			a.Import = path.Join(module, filepath.ToSlash(below))
			all = append(all, a)
		}
		return nil
	})
	return all, err
}

// aggregatesIn finds the aggregates of the package in a folder. Files that are not Go are passed over.
func aggregatesIn(folder string) ([]declared, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	p := sources{types: map[string]ast.Expr{}, registered: map[string][]string{}}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution); err == nil {
			p.read(file)
		}
	}
	for i := range p.found {
		for _, name := range p.registered[p.found[i].Event] {
			p.found[i].events = append(p.found[i].events, p.event(name))
		}
	}
	return p.found, nil
}

// sources are what the files of a package declare.
type sources struct {
	found []declared
	// types are the declared types by name, registered the names of the types of events by that of their interface.
	types      map[string]ast.Expr
	registered map[string][]string
}

func (p *sources) read(file *ast.File) {
	for _, decl := range file.Decls {
		group, is := decl.(*ast.GenDecl)
		if !is {
			continue
		}
		for _, spec := range group.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				p.types[s.Name.Name] = s.Type
			case *ast.ValueSpec:
				for i, value := range s.Values {
					if a, is := aggregateOf(value); is && i < len(s.Names) {
						a.Package, a.Var = file.Name.Name, s.Names[i].Name
						p.found = append(p.found, a)
					}
				}
			}
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if call, is := node.(*ast.CallExpr); is {
			p.register(call)
		}
		return true
	})
}

// aggregateOf reads es.Aggregate[S, E]{StreamType: "X", …}.
func aggregateOf(value ast.Expr) (a declared, is bool) {
	literal, is := value.(*ast.CompositeLit)
	if !is {
		return a, false
	}
	generic, is := literal.Type.(*ast.IndexListExpr)
	if !is || len(generic.Indices) != 2 || !selects(generic.X, "Aggregate") {
		return a, false
	}
	a.State, a.Event = nameOf(generic.Indices[0]), nameOf(generic.Indices[1])
	for _, element := range literal.Elts {
		pair, is := element.(*ast.KeyValueExpr)
		if !is || nameOf(pair.Key) != "StreamType" {
			continue
		}
		if text, is := pair.Value.(*ast.BasicLit); is {
			a.Stream, _ = strconv.Unquote(text.Value)
		}
	}
	return a, a.Stream != "" && a.State != "" && a.Event != ""
}

// register reads es.Type[E]("Name", 1, X{}).
func (p *sources) register(call *ast.CallExpr) {
	generic, is := call.Fun.(*ast.IndexExpr)
	if !is || !selects(generic.X, "Type") || len(call.Args) < 3 {
		return
	}
	if prototype, is := call.Args[2].(*ast.CompositeLit); is {
		of, name := nameOf(generic.Index), nameOf(prototype.Type)
		if name != "" && !slices.Contains(p.registered[of], name) {
			p.registered[of] = append(p.registered[of], name)
		}
	}
}

// event reads the fields of a type of events.
func (p *sources) event(name string) event {
	e := event{Name: name}
	body, is := p.types[name].(*ast.StructType)
	if !is {
		return e
	}
	for _, f := range body.Fields.List {
		for _, n := range f.Names {
			switch of := nameOf(f.Type); {
			case !n.IsExported():
			case of == "string":
				e.fields = append(e.fields, field{Name: n.Name, Plain: true})
			case of != "" && nameOf(p.types[of]) == "string", isID(f.Type):
				e.fields = append(e.fields, field{Name: n.Name})
			default:
				e.others = append(e.others, n.Name)
			}
		}
	}
	return e
}

// selects tells whether an expression is of the form es.NAME.
func selects(x ast.Expr, name string) bool {
	s, is := x.(*ast.SelectorExpr)
	return is && s.Sel.Name == name && nameOf(s.X) == "es"
}

func isID(x ast.Expr) bool {
	s, is := x.(*ast.SelectorExpr)
	return is && s.Sel.Name == "ID" && nameOf(s.X) == "annals"
}

// nameOf is an identifier's name, "" of other expressions.
func nameOf(x ast.Expr) string {
	if id, is := x.(*ast.Ident); is {
		return id.Name
	}
	return ""
}

// aggregateNamed is the aggregate of a module whose streams have a type.
func aggregateNamed(root, module, streamType string) (declared, error) {
	all, err := aggregatesOf(root, module)
	if err != nil {
		return declared{}, err
	}
	var known, in []string
	var found declared
	for _, a := range all {
		known = append(known, a.Stream)
		if strings.EqualFold(a.Stream, streamType) {
			found = a
			in = append(in, a.Import+"."+a.Var)
		}
	}
	switch {
	case len(in) > 1:
		return found, fmt.Errorf("aggregate %s is declared %d times in module %s: %s",
			streamType, len(in), module, strings.Join(in, ", "))
	case len(in) == 1 && len(found.events) == 0:
		return found, fmt.Errorf("%s has no events that this command can read: register them by es.Type[%s] in its package",
			in[0], found.Event)
	case len(in) == 1:
		return found, nil
	case len(known) == 0:
		return found, fmt.Errorf("module %s has no aggregate: write one with `annals new aggregate %s`", module, streamType)
	}
	slices.Sort(known)
	return found, fmt.Errorf("module %s has no aggregate %s; it has %s", module, streamType, strings.Join(known, ", "))
}
