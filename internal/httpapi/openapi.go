package httpapi

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/internal/aggregates"
	"github.com/annals-es/annals/internal/httpapi/routes"
)

const description = `Accounts, orders and products as streams of events.

Every command answers with the resulting state and version, and with a Consistency-Token. A command that is repeated with
the same Idempotency-Key is done once and answered as the first time.`

// Document is the API's OpenAPI 3.1 document, as JSON. It is made from what the functions serve.
func Document() ([]byte, error) {
	a := newAPI(Config{})
	a.commands(aggregates.All{})
	a.queries(nil, nil)
	return json.MarshalIndent(a.huma.OpenAPI(), "", "  ")
}

// errorsOf are the statuses of problems that an operation answers with.
var errorsOf = map[routes.Function][]int{
	routes.Command: {
		http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity,
		http.StatusInternalServerError, http.StatusServiceUnavailable,
	},
	routes.Query: {
		http.StatusBadRequest, http.StatusNotFound, http.StatusInternalServerError, http.StatusServiceUnavailable,
	},
}

// operation describes the operation behind a route, which answers with a status.
func (a *api) operation(route routes.Route, status int) huma.Operation {
	op := huma.Operation{
		OperationID:   route.ID,
		Method:        route.Method,
		Path:          route.Path,
		Summary:       route.Summary,
		Tags:          []string{strings.Split(route.Path, "/")[1]},
		DefaultStatus: status,
		MaxBodyBytes:  MaxBodyBytes + 1, // huma refuses a body that reaches it
		Responses:     map[string]*huma.Response{},
	}
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "")
	for _, code := range errorsOf[route.Function] {
		op.Responses[strconv.Itoa(code)] = &huma.Response{
			Description: http.StatusText(code),
			Content:     map[string]*huma.MediaType{problemType: {Schema: schema}},
		}
	}
	return op
}

// undocumentRawBody removes what huma makes of a field RawBody: a body of another content type.
func (a *api) undocumentRawBody(route routes.Route) {
	item := a.huma.OpenAPI().Paths[route.Path]
	for _, op := range []*huma.Operation{item.Post, item.Put} {
		if op != nil && op.RequestBody != nil {
			delete(op.RequestBody.Content, "application/octet-stream")
		}
	}
}
