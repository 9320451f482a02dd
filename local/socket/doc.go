// Package socket is a WebSocket API of API Gateway: it lets clients connect where the function behind $connect agrees, has
// the function of a message's route answer it, and posts to connections what others send to @connections.
//
// What is not in AWS's documentation was taken from reports of how it behaves: a $connect that fails is a 502, a message
// without a route is answered with "Forbidden", an idle connection is closed with 1001.
package socket

import (
	"context"
	"net/http"
	"time"
)

// maxMessage is API Gateway's limit of a message, in bytes. (That of a frame, 32 KB, is not applied.)
const maxMessage = 128 << 10

// Invoker runs a function. See lambda.Function.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Route leads messages to a function.
type Route struct {
	// Key is what a message selects, or $connect, $disconnect, $default.
	Key      string
	Function Invoker
	// Timeout is how long the answer is waited for.
	Timeout time.Duration
	// Answers says that the function's answer goes to the client.
	Answers bool
}

// Config is an API.
type Config struct {
	ID, Region, Account, Stage string
	// Authorizer is asked who may connect. nil = everybody.
	Authorizer *Authorizer
	// Path is where clients connect. Below it is @connections.
	Path string
	// Selection is where in a message its route is: $request.body.action.
	Selection string
	Routes    []Route
	// May says whether a signed request may do what it does with a connection. nil = all may.
	May func(r *http.Request, connection string) error
	// Idle and Longest end a connection. Default 10 minutes without a message, and 2 hours.
	Idle, Longest time.Duration
}
