// Package socket emulates a WebSocket API of API Gateway. Start with [New]. The function of $connect decides who may
// connect, the function of a message's route answers it, and requests to @connections send messages to clients.
//
// Some behavior is not in AWS's documentation and was taken from reports by users: the response for a $connect that
// fails is 502, a message without a route is answered with "Forbidden", and an idle connection is closed with 1001.
package socket

import (
	"context"
	"net/http"
	"time"
)

// maxMessage is API Gateway's limit for a message, in bytes. The limit for a frame, 32 KB, is not enforced.
const maxMessage = 128 << 10

// Invoker runs a function. See lambda.Function.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Route leads messages to a function.
type Route struct {
	// Key is the value of the selection expression, or $connect, $disconnect or $default.
	Key      string
	Function Invoker
	// Timeout is how long the API waits for the answer.
	Timeout time.Duration
	// Answers is true if the function's answer is sent to the client.
	Answers bool
}

// Config describes an API.
type Config struct {
	ID, Region, Account, Stage string
	// Authorizer decides who may connect. If nil, every client may.
	Authorizer *Authorizer
	// Path is the path where clients connect. @connections is below it.
	Path string
	// Selection is the place of the route in a message: $request.body.action.
	Selection string
	Routes    []Route
	// May decides whether the signer of a request may make it, for a connection. If nil, every request is allowed.
	May func(r *http.Request, connection string) error
	// Idle is the time without a message after which a connection ends, by default 10 minutes. Longest is the longest
	// time that it lasts, by default 2 hours.
	Idle, Longest time.Duration
}
