package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
)

// ErrClosed means that the host is shutting down.
var ErrClosed = errors.New("functions are shutting down")

// ErrThrottled means that a function has reached its limit of concurrent invocations. Lambda's name for it is
// TooManyRequestsException.
var ErrThrottled = errors.New("throttled: the function has reached its limit of concurrent invocations")

// ErrPayloadTooLarge means that an event exceeds Lambda's limit of 6 MB.
var ErrPayloadTooLarge = errors.New("the event exceeds 6 MB")

// FunctionError means that an invocation failed: the function returned an error, panicked, timed out, or its process
// ended.
type FunctionError struct {
	// Type is Lambda's name for the failure, such as Runtime.ExitError or Sandbox.Timedout, or the Go type of the
	// error.
	Type    string
	Message string
}

func (e *FunctionError) Error() string { return fmt.Sprintf("%s: %s", e.Type, e.Message) }

// functionError reads the body of a runtime's request to /error.
func functionError(header string, body []byte) *FunctionError {
	var posted struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}
	_ = json.Unmarshal(body, &posted) // if it is not JSON, only the header says what failed
	if posted.Type == "" {
		posted.Type = header
	}
	return &FunctionError{Type: posted.Type, Message: posted.Message}
}
