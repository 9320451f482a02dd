package annals

import (
	"reflect"
	"slices"
	"strings"
)

// completeOperations checks the operations.
func (s *Service) completeOperations() {
	seen, ids := map[string]bool{}, map[string]string{}
	for _, o := range s.Operations {
		for _, fault := range o.faults(s) {
			s.wrong("%s %s: %s", o.Method, o.Path, fault)
		}
		for _, unique := range []string{o.Method + " " + o.Path, "id " + o.ID} {
			if seen[unique] {
				s.wrong("%s is declared twice: remove one, or give it another id by annals.Named", unique)
			}
			seen[unique] = true
		}
		if other, taken := ids[logicalID(o.ID)]; taken && other != o.ID {
			s.wrong("id %s would have the same logical id in the template as id %s, because logical ids have no hyphens: "+
				"give it another id by annals.Named", o.ID, other)
		}
		ids[logicalID(o.ID)] = o.ID
	}
}

// faults are the mistakes in an operation, in the order in which they are found.
type faults []string

func (f *faults) when(is bool, says string) {
	if is {
		*f = append(*f, says)
	}
}

func (o *Operation) faults(s *Service) []string {
	var f faults
	f.when(o.fault != "", o.fault)
	o.checkRoute(&f)
	o.checkOwner(&f)
	o.checkNames(&f, s)
	return append(f, inputFaults(o)...)
}

// checkRoute checks the method, the path and the id.
func (o *Operation) checkRoute(f *faults) {
	methods := []string{"GET"}
	if o.Kind.Commands() {
		methods = []string{"POST", "PUT", "PATCH", "DELETE"}
	}
	f.when(!slices.Contains(methods, o.Method) || !strings.HasPrefix(o.Path, "/"),
		"the route must be a method and a path, such as \""+methods[0]+" /orders/{id}\"; the methods here are "+
			strings.Join(methods, ", "))
	f.when(!kebab(o.ID), "its id \""+o.ID+"\" must be in kebab case: set it by annals.Named")
	f.when(o.Path == "/openapi.json" || o.Path == "/docs" || strings.HasPrefix(o.Path, "/docs/"),
		"/openapi.json, /docs and what is below it are the API's own routes: take another path")
	byID := o.byID()
	f.when(byID && o.Parameters[0] != "id" && o.Kind != ShowsEvents, "{id} must be the path's first parameter")
	switch o.Kind {
	case Changes, CreatesOrChanges, ShowsDocument:
		f.when(!byID, "the path must name the aggregate by {id}")
	case Creates:
		f.when(byID, "an aggregate that is created has its id in the body: "+
			"a field of type annals.ID with the tag annals:\"id\"")
	case ShowsEvents:
		f.when(!slices.Equal(o.Parameters, []string{"type", "id"}), "the path's parameters must be {type} and {id}")
	case ShowsList, Asks, Transacts, Forgets, ShowsSubject:
	}
}

func (o *Operation) byID() bool { return slices.Contains(o.Parameters, "id") }

// checkOwner checks that the operation says who may call it.
func (o *Operation) checkOwner(f *faults) {
	f.when(o.Kind.Commands() && o.forQueries, "ForEveryone, About and UntilFilled are options of queries")
	f.when(o.Kind.Commands() && o.Kind != CreatesOrChanges && o.OwnerOnly,
		"annals.OwnerOnly is an option of queries and of annals.CreateOrChange: "+
			"to say whose an aggregate is, use annals.OwnedBy")
	f.when(o.Kind == ShowsEvents && (o.forQueries || o.OwnerOnly),
		"an audit trail takes no option of other queries: annals.Hidden is one of the aggregate")
	f.when(o.Kind == ShowsDocument && (o.OwnerOnly || o.forEveryone || o.otherStream),
		"a document belongs to its stream: annals.ReadableByAll and annals.OwnedBy are options of the aggregate")
	f.when(o.OwnerOnly && (o.forEveryone || !o.byID()),
		"annals.OwnerOnly needs {id} in the path, and excludes annals.ForEveryone")
	if o.Kind != ShowsList && o.Kind != Asks || o.forEveryone || o.Scope == ToOperate {
		return
	}
	f.when(o.byID() && o.StreamType == "" && !o.OwnerOnly,
		"say what {id} names: a stream (annals.About), a person (annals.OwnerOnly), "+
			"or neither (annals.ForEveryone or annals.Operators)")
	f.when(!o.byID(), "the path has no {id}, so the answer has no owner: "+
		"say who may ask, by annals.ForEveryone or annals.Operators")
}

// checkNames checks that the aggregates and the read models are declared.
func (o *Operation) checkNames(f *faults, s *Service) {
	for _, streamType := range append(o.StreamTypes, o.StreamType) {
		f.when(streamType != "" && s.Aggregate(streamType) == nil,
			"aggregate "+streamType+" is not declared: add annals.Aggregate")
	}
	for _, reading := range o.Readings {
		m := s.ReadModel(reading.Projection)
		f.when(m == nil, "it reads "+reading.Projection+", which is not declared: add annals.ReadModel")
		f.when(m != nil && reading.Indexed && m.Indexes == 0,
			"it lists "+reading.Projection+" over an index, and its table has none: take away annals.WithoutIndexes")
	}
}

// inputFaults are the mistakes in the struct that the input is parsed into.
func inputFaults(o *Operation) (all []string) {
	if o.In == nil {
		return nil
	}
	if o.In.Kind() != reflect.Struct {
		return []string{"its input " + o.In.String() + " is not a struct"}
	}
	ids := 0
	for _, f := range reflect.VisibleFields(o.In) {
		name, inPath := f.Tag.Lookup("path")
		_, inQuery := f.Tag.Lookup("query")
		switch {
		case inPath && !slices.Contains(o.Parameters, name):
			all = append(all, "field "+f.Name+" of its input has the tag path:\""+name+"\", but the path has no {"+name+
				"}: add it to the route")
		case (inPath || inQuery) && o.Kind.Commands() && f.Tag.Get("json") != "-":
			all = append(all, "field "+f.Name+" of its input is a parameter: add the tag json:\"-\"")
		}
		if f.Tag.Get("annals") == "id" {
			ids++
			if f.Type != reflect.TypeFor[ID]() {
				all = append(all, "field "+f.Name+" of its input has the tag annals:\"id\": its type must be annals.ID")
			}
		}
	}
	if ids > 0 && (o.Kind == Changes || o.Kind == CreatesOrChanges) {
		all = append(all, "its input has a field with the tag annals:\"id\", which only annals.Create takes: "+
			"the path names the aggregate")
	}
	if ids > 1 {
		all = append(all, "its input has several fields with the tag annals:\"id\"")
	}
	return all
}
