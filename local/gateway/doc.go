// Package gateway is an HTTP API of API Gateway: it turns requests into events of payload format 2.0, has a function
// answer them, and turns the answers into responses.
//
// What is not in AWS's documentation was taken from reports of how it behaves: paths arrive decoded; a body arrives as text
// where its content type is text/*, or JSON, XML or JavaScript of application/, if it is UTF-8, and base64-encoded
// otherwise; a request whose function is throttled is answered with 503, not with Lambda's 429; a preflight of an origin
// that is not allowed is answered with 204 and no header; a request that a page may not send reaches the function, since
// CORS is the browser's to keep; a body that does not come in time is answered with 408.
package gateway

import (
	"context"
	"time"
)

// Limits of API Gateway and Lambda.
const (
	maxHeaders = 10_240
	maxBody    = 6 << 20
	// patience is API Gateway's limit of a request from its begin to its end.
	patience = 30 * time.Second
)

// Invoker runs a function. See lambda.Function.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Authorizer checks the Authorization header of requests: the claims and 200, or the status that refuses.
type Authorizer interface {
	Authorize(header string, scopes []string) (claims map[string]string, status int)
}

// Options are what an API has beside its routes.
type Options struct {
	// Authorizer checks who asks. nil = nobody is asked.
	Authorizer Authorizer
	// Rate is how many requests a second the stage takes, Burst how many at once beyond that. Rate 0 = any number.
	Rate  float64
	Burst int
	// CORS says which pages of other origins may call the API. nil = functions' own headers are left as they are.
	CORS *CORS
}

// Route leads to a function.
type Route struct {
	// Key is "METHOD /path/{parameter}/{rest+}", with ANY for all methods; or "$default".
	Key      string
	Function Invoker
	// Scopes are those of which a token must have one, where the API has an authorizer. None = any token will do. Open = no token is needed.
	Scopes []string
	Open   bool
	// Timeout is how long a request waits for the answer.
	Timeout time.Duration
}
