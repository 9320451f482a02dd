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
the same Idempotency-Key is done once and answered as the first time.

Queries answer from read models, which follow within milliseconds, mostly. A query that is given the Consistency-Token of a
command waits until its read model shows what the command did. Where that takes too long, who created what is asked for is
answered from the events ("Consistency: strong"); those who ask for a list or a count are answered with 202 and Retry-After.

The items of orders are listed products, at their current price. Operators may set another.

A request means one thing, or it is refused (400, and the place of what is wrong). In a body, a name stands once in its object,
strings are Unicode, and an optional member is absent or valid, never null. In a query string, a parameter stands once,
is not empty and is percent-encoded (+ as %2B). A header of which one is meant stands once and is not empty. Bodies are
application/json in UTF-8, not compressed: anything else is 415.

Everybody sees and changes what is their own: what they created, and orders that are for them. What is another's is answered as what
does not exist. Products are for all to see. Who has the scope annals/operate acts on what is anybody's.`

// Document is the API's OpenAPI 3.1 document, as JSON. It is made from what the functions serve.
func Document() ([]byte, error) {
	a := newAPI(Config{})
	a.commands(aggregates.All{}, nil)
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
		Security:      []map[string][]string{{tokenScheme: {string(route.Scope)}}},
	}
	for code, says := range ofGateway {
		op.Responses[strconv.Itoa(code)] = &huma.Response{Description: says, Content: map[string]*huma.MediaType{"application/json": {Schema: gatewayMessage}}}
	}
	for _, code := range errorsOf[route.Function] {
		op.Responses[strconv.Itoa(code)] = a.problemResponse(http.StatusText(code))
	}
	if media := op.Responses[strconv.Itoa(http.StatusUnsupportedMediaType)]; media != nil {
		media.Headers = map[string]*huma.Param{"Accept-Encoding": {
			Description: "identity, where the body was compressed", Schema: &huma.Schema{Type: huma.TypeString},
		}}
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

// ofGateway are the answers that come from API Gateway, before any operation.
var ofGateway = map[int]string{
	http.StatusUnauthorized:    "No token, or one that is not good here",
	http.StatusForbidden:       "The token lacks the scope",
	http.StatusTooManyRequests: "Too many requests: ask again",
}

var gatewayMessage = &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"message": {Type: huma.TypeString}}}

func (a *api) problemResponse(description string) *huma.Response {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "")
	return &huma.Response{Description: description, Content: map[string]*huma.MediaType{problemType: {Schema: schema}}}
}

// documentLag adds the answer for a read model that does not show yet what was asked for.
func (a *api) documentLag(route routes.Route) {
	r := a.problemResponse("It is stored, and the read model does not show it yet: not-yet-projected; or, until a repair, parked")
	header := func(typ, description string) *huma.Param {
		return &huma.Param{Description: description, Schema: &huma.Schema{Type: typ}}
	}
	r.Headers = map[string]*huma.Param{
		"Retry-After":        header(huma.TypeInteger, "When to ask again, in seconds"),
		"Preference-Applied": header(huma.TypeString, "The wait that was preferred"),
	}
	a.huma.OpenAPI().Paths[route.Path].Get.Responses[strconv.Itoa(http.StatusAccepted)] = r
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
