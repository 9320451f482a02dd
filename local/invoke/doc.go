// Package invoke emulates Lambda's Invoke API for local functions: synchronous and asynchronous invocations, and dry
// runs. Start with [Listen]. See https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
//
// Events of asynchronous invocations are kept in memory. Those that are not processed when the runner ends are lost.
package invoke

import "context"

// Limits of an invocation's event, in bytes.
const (
	maxEvent     = 6 << 20 // of a synchronous invocation
	maxSentEvent = 1 << 20 // of an asynchronous invocation
)

// Function is a function that can be invoked.
type Function struct {
	Name string
	// Reserved is true if the function has reserved concurrency. An error about throttling then names that limit.
	Reserved bool
	Invoker
}

// Invoker runs a function. See lambda.Function.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}
