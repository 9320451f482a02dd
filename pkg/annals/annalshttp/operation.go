package annalshttp

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/pkg/annals"
)

// operation is an operation of the service, with what is needed to parse its requests.
type operation struct {
	*annals.Operation
	// fixed is the type of the parameters that the edge itself reads: [creating], [changing] and so on.
	fixed      reflect.Type
	parameters []*parameter
	// body is the schema of the body, nil if the operation reads none.
	body     *huma.Schema
	rules    *rules // of the input
	optional bool   // the body may be absent
}

// The parameters that the edge itself reads, by kind of operation.
type (
	creating struct {
		asked
		unconditional
	}
	changing struct {
		asked
		conditional
	}
	querying struct {
		correlated
		awaiting
	}
	listing struct {
		querying
		paging
	}
	trailing struct {
		querying
		paging
		Type string `path:"type" maxLength:"128" doc:"The type of the stream, such as Account"`
	}
	showing struct {
		querying
		past
	}
	telling struct {
		correlated
	}
)

// fixedOf returns the type of the parameters that the edge reads for a kind of operation.
func fixedOf(kind annals.Kind) reflect.Type {
	switch kind {
	case annals.Creates, annals.Transacts, annals.Forgets:
		return reflect.TypeFor[creating]()
	case annals.Changes, annals.CreatesOrChanges:
		return reflect.TypeFor[changing]()
	case annals.ShowsDocument:
		return reflect.TypeFor[showing]()
	case annals.ShowsList:
		return reflect.TypeFor[listing]()
	case annals.ShowsEvents:
		return reflect.TypeFor[trailing]()
	case annals.ShowsSubject:
		return reflect.TypeFor[telling]()
	default:
		return reflect.TypeFor[querying]()
	}
}

// operation prepares an operation of the service for requests.
//
// Errors: an input type that can't be read from a request.
func (e *edge) operation(o *annals.Operation) (*operation, error) {
	p := &operation{Operation: o, fixed: fixedOf(o.Kind)}
	if o.In == nil {
		return nil, errors.New("the operation has no input type: create operations with the functions of package annals")
	}
	own, hasBody, err := e.fields(o.In, ofInput)
	if err != nil {
		return nil, err
	}
	if hasBody && !o.Kind.Commands() {
		return nil, fmt.Errorf("input %v of a query has a field that is not a parameter, and queries have no body: "+
			"add the tag path, query or json:\"-\"", o.In)
	}
	fixed, _, err := e.fields(p.fixed, ofEdge)
	if err != nil {
		return nil, err
	}
	p.parameters = inOrder(o, e.pathIDs(o, slices.Concat(fixed, own)), fixed, own)
	for i, q := range p.parameters {
		same := func(other *parameter) bool { return other.in == q.in && other.name == q.name }
		if slices.ContainsFunc(p.parameters[:i], same) {
			return nil, fmt.Errorf("input %v has the %s parameter %s, which the operation already has: rename it",
				o.In, q.in, q.name)
		}
	}
	p.rules = rulesOf(o.In, map[reflect.Type]*rules{})
	p.optional = o.In == reflect.TypeFor[annals.None]()
	if o.Kind.Commands() && (hasBody || p.optional) {
		p.body = e.schemas.Schema(o.In, true, "")
	}
	return p, nil
}

// pathIDs returns the path parameters that have no field. They are ids.
func (e *edge) pathIDs(o *annals.Operation, fields []*parameter) (all []*parameter) {
	for _, name := range o.Parameters {
		if !slices.ContainsFunc(fields, func(p *parameter) bool { return p.in == inPath && p.name == name }) {
			all = append(all, &parameter{
				in: inPath, name: name, required: true, kind: reflect.String, typ: reflect.TypeFor[annals.ID](),
				schema: e.schemas.Schema(reflect.TypeFor[annals.ID](), true, ""),
			})
		}
	}
	return all
}

// inOrder returns the parameters in the order of the document: those that all operations of the kind have, those of the
// path, those of the input, and at last version and asOf.
func inOrder(o *annals.Operation, ids, fixed, own []*parameter) []*parameter {
	var all, path, last []*parameter
	for _, p := range slices.Concat(ids, fixed, own) {
		if p.in == inPath {
			path = append(path, p)
		}
	}
	slices.SortFunc(path, func(a, b *parameter) int {
		return slices.Index(o.Parameters, a.name) - slices.Index(o.Parameters, b.name)
	})
	for _, p := range fixed {
		switch {
		case p.in == inPath:
		case p.last:
			last = append(last, p)
		default:
			all = append(all, p)
		}
	}
	all = append(all, path...)
	for _, p := range own {
		if p.in != inPath {
			all = append(all, p)
		}
	}
	return append(all, last...)
}

// answer answers a request for an operation.
func (e *edge) answer(w http.ResponseWriter, r *http.Request, p *operation) {
	in, refused := e.read(w, r, p)
	if refused != nil {
		e.refused(w, r, refused)
		return
	}
	ctx := r.Context()
	err := e.admit(ctx, p.Operation)
	var out *answer
	if err == nil {
		if p.Kind.Commands() {
			out, err = e.command(ctx, p.Operation, in)
		} else {
			out, err = e.query(ctx, p.Operation, in)
		}
	}
	if err == nil {
		err = out.write(w)
	}
	if err != nil {
		e.refused(w, r, e.refuse(ctx, err))
	}
}
