// Package gateway emulates an HTTP API of API Gateway. Start with [New]. It turns requests into events of payload
// format 2.0, invokes the route's function, and turns its answer into a response.
//
// Some behavior is not in AWS's documentation and was taken from reports by users:
//
//   - Paths arrive decoded.
//   - A body arrives as text if it is UTF-8 and its content type is text/*, or JSON, XML or JavaScript of application/.
//     Otherwise it arrives base64-encoded.
//   - If the function is throttled, the response is 503, not Lambda's 429.
//   - The response to a preflight of an origin that is not allowed is 204, without headers.
//   - A request from an origin that is not allowed reaches the function, since the browser enforces CORS.
//   - If a body does not arrive in time, the response is 408.
package gateway

import (
	"context"
	"time"
)

// Limits of API Gateway and Lambda.
const (
	maxHeaders = 10_240
	maxBody    = 6 << 20
	// patience is API Gateway's limit for the duration of a request.
	patience = 30 * time.Second
)

// Invoker runs a function. See lambda.Function.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Authorizer checks the Authorization header of requests. It returns the claims and 200, or the status of the refusal.
type Authorizer interface {
	Authorize(header string, scopes []string) (claims map[string]string, status int)
}

// Options are the settings of an API other than its routes.
type Options struct {
	// Authorizer checks tokens. If nil, requests need no token.
	Authorizer Authorizer
	// Rate is how many requests a second the stage accepts, Burst how many at once beyond that. If Rate is 0, there is
	// no limit.
	Rate  float64
	Burst int
	// CORS says which pages of other origins may call the API. If nil, the functions' own headers are not changed.
	CORS *CORS
}

// Route leads requests to a function.
type Route struct {
	// Key is "METHOD /path/{parameter}/{rest+}", with ANY for all methods; or "$default".
	Key      string
	Function Invoker
	// Scopes: if the API has an authorizer, a token must have one of these. If empty, any token is accepted. If Open is
	// set, no token is needed.
	Scopes []string
	Open   bool
	// Timeout is how long a request waits for the function's answer.
	Timeout time.Duration
}
