package annalshttp

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/pkg/annals"
)

// refusedWith returns the statuses of the problems that operations of a kind answer with.
func refusedWith(kind annals.Kind) []int {
	all := []int{
		http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError,
		http.StatusServiceUnavailable,
	}
	if !kind.Commands() {
		return all
	}
	all = append(all, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity)
	if kind == annals.Changes || kind == annals.CreatesOrChanges {
		all = append(all, http.StatusPreconditionFailed)
	}
	return all
}

// describe returns the OpenAPI document of a service, in huma's types.
func describe(s *annals.Service) (api *huma.OpenAPI, err error) {
	e, err := newEdge(s, Config{}, nil)
	if err != nil {
		return nil, err
	}
	if err := e.describeProblem(); err != nil {
		return nil, err
	}
	api = &huma.OpenAPI{
		OpenAPI:    "3.1.0",
		Info:       &huma.Info{Title: s.API.Title, Version: "1", Description: s.API.Description},
		Servers:    []*huma.Server{{URL: "/", Description: "The service that this document was loaded from"}},
		Components: &huma.Components{Schemas: e.schemas, SecuritySchemes: securitySchemes()},
	}
	if l := s.API.License; l != (annals.License{}) {
		api.Info.License = &huma.License{Name: l.Name, Identifier: l.Identifier}
	}
	for _, o := range s.Operations {
		if err := e.describe(api, o); err != nil {
			return nil, err
		}
	}
	return api, nil
}

// describeProblem adds the schema of problems, with the members that the service adds to them.
func (e *edge) describeProblem() (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("schema of problems: %v", thrown)
		}
	}()
	problem := e.schemas.Schema(reflect.TypeFor[Problem](), false, "")
	problem.Properties["type"].Examples = []any{e.service.API.Problems + "insufficient-funds"}
	for i, members := range e.service.Document.ProblemMembers {
		if slices.Contains(e.service.Document.ProblemMembers[:i], members) {
			continue
		}
		for name, property := range huma.SchemaFromType(e.schemas, members).Properties {
			if problem.Properties[name] != nil {
				return fmt.Errorf("schema of problems: %v has the member %s, which every problem has: rename it",
					members, name)
			}
			problem.Properties[name] = property
		}
	}
	return nil
}

// describe adds an operation to the document.
func (e *edge) describe(api *huma.OpenAPI, o *annals.Operation) (err error) {
	defer explain(o, &err)
	p, err := e.operation(o)
	if err != nil {
		return err
	}
	op := &huma.Operation{
		OperationID: o.ID, Method: o.Method, Path: o.Path, Summary: o.Summary,
		Tags:       []string{strings.Split(o.Path, "/")[1]},
		Parameters: parametersOf(p), RequestBody: bodyOf(p), Responses: map[string]*huma.Response{},
		Security: []map[string][]string{{tokenScheme: {e.service.ScopeOf(o.Scope)}}},
	}
	for _, code := range refusedWith(o.Kind) {
		op.Responses[strconv.Itoa(code)] = e.problemResponse(http.StatusText(code))
	}
	documentGateway(e.schemas, op)
	if media := op.Responses[strconv.Itoa(http.StatusUnsupportedMediaType)]; media != nil {
		media.Headers = map[string]*huma.Param{
			"Accept-Encoding": header(huma.TypeString, "identity, if the body was compressed"),
		}
	}
	e.describeAnswer(op, o)
	if len(o.Readings) > 0 {
		e.describeLag(op)
	}
	api.AddOperation(op)
	return nil
}

func parametersOf(p *operation) (all []*huma.Param) {
	for _, q := range p.parameters {
		if q.hidden {
			continue
		}
		param := &huma.Param{
			Name: q.name, In: q.in, Required: q.required, Schema: q.schema, Description: q.schema.Description,
		}
		if q.in == inQuery {
			param.Explode = new(bool)
		}
		all = append(all, param)
	}
	return all
}

func bodyOf(p *operation) *huma.RequestBody {
	if p.body == nil {
		return nil
	}
	return &huma.RequestBody{Required: !p.optional, Content: map[string]*huma.MediaType{jsonType: {Schema: p.body}}}
}

// describeAnswer adds the answer of a successful operation.
func (e *edge) describeAnswer(op *huma.Operation, o *annals.Operation) {
	status, headers, body := http.StatusOK, reflect.TypeFor[found](), o.Answer
	switch o.Kind {
	case annals.Creates:
		status, headers = http.StatusCreated, reflect.TypeFor[created]()
	case annals.Changes, annals.CreatesOrChanges:
		headers = reflect.TypeFor[moved]()
	case annals.Transacts:
		headers = reflect.TypeFor[transacted]()
	case annals.Forgets:
		status, headers = http.StatusAccepted, reflect.TypeFor[transacted]()
	case annals.ShowsEvents:
		body = reflect.TypeFor[annals.Page[Event]]()
	default:
	}
	schema := e.schemas.Schema(body, true, op.OperationID+"Response")
	response := &huma.Response{
		Description: http.StatusText(status), Headers: map[string]*huma.Param{},
		Content: map[string]*huma.MediaType{jsonType: {Schema: schema}},
	}
	for _, f := range reflect.VisibleFields(headers) {
		if name := f.Tag.Get("header"); name != "" {
			response.Headers[name] = &huma.Param{Schema: huma.SchemaFromField(e.schemas, f, "")}
		}
	}
	if o.Kind == annals.Transacts {
		response.Headers[tokenHeader].Schema.Description = tokenOfSeveral(o)
	}
	op.Responses[strconv.Itoa(status)] = response
}

// tokenOfSeveral describes the Consistency-Token of a command on several aggregates.
func tokenOfSeveral(o *annals.Operation) string {
	if o.ManyStreams {
		return "Stream and version of each aggregate that the answer shows, separated by commas; of the first " +
			strconv.Itoa(maxTokenStreams) + ", if there are more"
	}
	if about := o.StreamTypes; len(about) == 2 && about[0] == about[1] {
		return "Stream and version of both " + strings.ToLower(about[0]) + "s, separated by a comma; of only one, " +
			"if the other belongs to another person"
	}
	return "Stream and version of each aggregate that the answer shows, separated by commas"
}

// tokenScheme is the name of the security scheme in the document.
const tokenScheme = "token"

// securitySchemes returns the one security scheme: a token of the deployment's issuer.
func securitySchemes() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{tokenScheme: {
		Type: "http", Scheme: "bearer", BearerFormat: "JWT",
		Description: "A token of the deployment's issuer, with the scope that the operation names. " +
			"A service that runs without an authorizer ignores tokens.",
	}}
}

func (e *edge) problemResponse(description string) *huma.Response {
	schema := e.schemas.Schema(reflect.TypeFor[Problem](), true, "")
	return &huma.Response{Description: description, Content: map[string]*huma.MediaType{problemType: {Schema: schema}}}
}

func header(typ, description string) *huma.Param {
	return &huma.Param{Description: description, Schema: &huma.Schema{Type: typ}}
}

// describeLag adds the answer for a read model that does not show the requested versions yet.
func (e *edge) describeLag(op *huma.Operation) {
	r := e.problemResponse("Stored, but the read model does not show it yet. Problem not-yet-projected: repeat the " +
		"request. Problem parked: it shows it only after a repair")
	r.Headers = map[string]*huma.Param{
		"Retry-After":        header(huma.TypeInteger, "After how many seconds to repeat the request"),
		"Preference-Applied": header(huma.TypeString, "The wait of the Prefer header, if it was used"),
	}
	op.Responses[strconv.Itoa(http.StatusAccepted)] = r
}
