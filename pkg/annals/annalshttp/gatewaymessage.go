package annalshttp

import (
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// gatewayMessage is what API Gateway answers where it does not hand a request to a function, or gets no answer from it.
type gatewayMessage struct {
	Message string `json:"message" doc:"What API Gateway says of the request, for people" example:"Unauthorized"`
}

// ofGateway are the statuses that API Gateway answers with by itself, and why.
var ofGateway = map[int]string{
	http.StatusBadRequest:                  "API Gateway can't read the request",
	http.StatusUnauthorized:                "No token, or one that is not good here",
	http.StatusForbidden:                   "The token lacks the scope",
	http.StatusNotFound:                    "With what stands for its parameters, the path is no route",
	http.StatusRequestEntityTooLarge:       "The request is larger than API Gateway or Lambda takes",
	http.StatusTooManyRequests:             "Too many requests: ask again",
	http.StatusRequestHeaderFieldsTooLarge: "The headers are larger than API Gateway takes, 10,240 bytes",
	http.StatusInternalServerError:         "The function gave no answer",
	http.StatusServiceUnavailable:          "Lambda has no room for the request, or no answer came in time: ask again",
}

// documentGateway adds to an operation what API Gateway answers by itself: as another content type where the operation
// has a problem of the same status. Generators of clients mostly read one content type of a status, the first: there
// they find both schemas, so that their clients can read either answer.
func documentGateway(schemas *schemas, op *huma.Operation) {
	message := schemas.Schema(reflect.TypeFor[gatewayMessage](), true, "")
	for code, says := range ofGateway {
		r := op.Responses[strconv.Itoa(code)]
		if r == nil {
			op.Responses[strconv.Itoa(code)] = &huma.Response{
				Description: says, Content: map[string]*huma.MediaType{jsonType: {Schema: message}},
			}
			continue
		}
		r.Description += "; as application/json: " + says
		r.Content[jsonType] = &huma.MediaType{Schema: &huma.Schema{
			Description: "API Gateway's message. The schema is that of a problem, too, for clients that do not look " +
				"at content types",
			AnyOf: []*huma.Schema{r.Content[problemType].Schema, message},
		}}
	}
}
