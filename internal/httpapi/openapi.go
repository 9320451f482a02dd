package httpapi

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/internal/httpapi/route"
)

// errorsOf are the statuses of problems that an operation answers with.
var errorsOf = map[route.Function][]int{
	route.Command: {
		http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusConflict,
		http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity, http.StatusInternalServerError, http.StatusServiceUnavailable,
	},
	route.Query: {
		http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError,
		http.StatusServiceUnavailable,
	},
}

// operation describes the operation behind a route, which answers with a status.
func (a *API) operation(route route.Route, status int) huma.Operation {
	op := huma.Operation{
		OperationID:   route.ID,
		Method:        route.Method,
		Path:          route.Path,
		Summary:       route.Summary,
		Tags:          []string{strings.Split(route.Path, "/")[1]},
		DefaultStatus: status,
		MaxBodyBytes:  MaxBodyBytes + 1, // huma refuses a body that reaches it
		Responses:     map[string]*huma.Response{},
		Security:      []map[string][]string{{tokenScheme: {string(route.Scope)}}},
	}
	for _, code := range errorsOf[route.Function] {
		op.Responses[strconv.Itoa(code)] = a.problemResponse(http.StatusText(code))
	}
	a.documentGateway(&op)
	if media := op.Responses[strconv.Itoa(http.StatusUnsupportedMediaType)]; media != nil {
		media.Headers = map[string]*huma.Param{
			"Accept-Encoding": header(huma.TypeString, "identity, where the body was compressed"),
		}
	}
	return op
}

// tokenScheme is how callers say who they are.
const tokenScheme = "token"

// securitySchemes are the ways to say who one is: a token of the deployment's issuer.
func securitySchemes() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{tokenScheme: {
		Type: "http", Scheme: "bearer", BearerFormat: "JWT",
		Description: "A token of the deployment's issuer, with the scope that the operation names. Where the service runs without an authorizer, none is looked at.",
	}}
}

func (a *API) problemResponse(description string) *huma.Response {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "")
	return &huma.Response{Description: description, Content: map[string]*huma.MediaType{problemType: {Schema: schema}}}
}

func header(typ, description string) *huma.Param {
	return &huma.Param{Description: description, Schema: &huma.Schema{Type: typ}}
}

// documentLag adds the answer for a read model that does not show yet what was asked for.
func (a *API) documentLag(route route.Route) {
	r := a.problemResponse("It is stored, and the read model does not show it yet: not-yet-projected; or, until a repair, parked")
	r.Headers = map[string]*huma.Param{
		"Retry-After":        header(huma.TypeInteger, "When to ask again, in seconds"),
		"Preference-Applied": header(huma.TypeString, "The wait that was preferred"),
	}
	a.documented(route).Responses[strconv.Itoa(http.StatusAccepted)] = r
}

// undocument removes from an operation what huma and errorsOf say too much: a body of another content type, which huma
// makes of a field RawBody, and the status of a condition where the operation takes none.
func (a *API) undocument(route route.Route) {
	op := a.documented(route)
	if op.RequestBody != nil {
		delete(op.RequestBody.Content, "application/octet-stream")
	}
	if !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.Name == ifMatchHeader }) {
		delete(op.Responses, strconv.Itoa(http.StatusPreconditionFailed))
	}
}

// documented is the operation of a route in the document.
func (a *API) documented(route route.Route) *huma.Operation {
	item := a.huma.OpenAPI().Paths[route.Path]
	return map[string]*huma.Operation{
		http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodDelete: item.Delete,
	}[route.Method]
}
