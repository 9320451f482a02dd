package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
)

// ErrClosed says that the host is shutting down.
var ErrClosed = errors.New("functions are shutting down")

// ErrThrottled says that a function has as many invocations as it may have at once. Lambda calls it TooManyRequestsException.
var ErrThrottled = errors.New("throttled: the function has as many invocations as it may have at once")

// ErrPayloadTooLarge says that an event exceeds Lambda's 6 MB.
var ErrPayloadTooLarge = errors.New("the event exceeds 6 MB")

// FunctionError is an invocation that failed: the function returned an error, panicked, timed out, or its process ended.
type FunctionError struct {
	// Type is as Lambda names it: Runtime.ExitError, Sandbox.Timedout, or the Go type of the error.
	Type    string
	Message string
}

func (e *FunctionError) Error() string { return fmt.Sprintf("%s: %s", e.Type, e.Message) }

// functionError reads what a runtime posts to /error.
func functionError(header string, body []byte) *FunctionError {
	var posted struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}
	_ = json.Unmarshal(body, &posted) // where it is no JSON, the header is all that we know
	if posted.Type == "" {
		posted.Type = header
	}
	return &FunctionError{Type: posted.Type, Message: posted.Message}
}
