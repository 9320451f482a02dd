package annalshttp

import (
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// gatewayMessage is the body of API Gateway's own answers: it did not call the function, or the function failed.
type gatewayMessage struct {
	Message string `json:"message" doc:"API Gateway's explanation, for people" example:"Unauthorized"`
}

// ofGateway maps each status that API Gateway answers with by itself to the reason.
var ofGateway = map[int]string{
	http.StatusBadRequest:                  "API Gateway can't read the request",
	http.StatusUnauthorized:                "The token is missing, expired or invalid",
	http.StatusForbidden:                   "The token lacks the scope",
	http.StatusNotFound:                    "With these parameter values, the path matches no route",
	http.StatusRequestEntityTooLarge:       "The request is larger than API Gateway or Lambda accepts",
	http.StatusTooManyRequests:             "Too many requests: repeat the request later",
	http.StatusRequestHeaderFieldsTooLarge: "The headers are larger than 10,240 bytes, the most that API Gateway accepts",
	http.StatusInternalServerError:         "The function failed without an answer",
	http.StatusServiceUnavailable:          "Lambda is out of capacity, or the answer took too long: repeat the request",
}

// documentGateway adds API Gateway's own answers to an operation. If the operation has a problem of the same status,
// the answer is a second content type of that status. Most generators of clients read only the first content type of a
// status. So application/json has both schemas, and generated clients can read either answer.
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
			Description: "A message of API Gateway. The schema also allows a problem, for clients that ignore " +
				"content types",
			AnyOf: []*huma.Schema{r.Content[problemType].Schema, message},
		}}
	}
}
