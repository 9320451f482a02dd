// Package invoke answers Lambda's Invoke API for the functions that run here: an invocation whose answer is waited for,
// one that is not, and one that is only asked about. See https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
//
// Events of invocations that nobody waits for are kept in memory: those that are not done when the runner ends are
// lost.
package invoke

import "context"

// Limits of an invocation's event, in bytes.
const (
	maxEvent     = 6 << 20 // of one whose answer is waited for
	maxSentEvent = 1 << 20 // of another one
)

// Function is one that can be invoked.
type Function struct {
	Name string
	// Reserved says that its concurrency is reserved: a refusal names what is used up.
	Reserved bool
	Invoker
}

// Invoker runs a function. See lambda.Function.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}
