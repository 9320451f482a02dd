package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// ErrNotYet matches the error of a query whose read model may only be late: status 404, or 202 for a stream that exists
// and is not projected yet.
var ErrNotYet = errors.New("not projected yet")

// StatusError is the last answer, if it was not a success. Its text names the request and has the body.
type StatusError struct {
	Method, URL string
	Key         string // Idempotency-Key; empty for a query
	Status      int
	Body        string // its first 4 KB
	Attempts    int
}

func (e *StatusError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Method, e.URL)
	if e.Key != "" {
		fmt.Fprintf(&b, " (Idempotency-Key %s)", e.Key)
	}
	fmt.Fprintf(&b, ": %d %s", e.Status, http.StatusText(e.Status))
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " at the last of %d attempts", e.Attempts)
	}
	if e.Body != "" {
		fmt.Fprintf(&b, ": %s", e.Body)
	}
	return b.String()
}

// Is makes errors.Is match ErrNotYet.
func (e *StatusError) Is(target error) bool {
	return target == ErrNotYet && (e.Status == http.StatusNotFound || e.Status == http.StatusAccepted)
}

// Problem returns the last part of the problem's type, such as "already-exists". It returns "" if the body is not a
// problem document.
func (e *StatusError) Problem() string {
	var problem struct {
		Type string `json:"type"`
	}
	if json.Unmarshal([]byte(e.Body), &problem) != nil {
		return ""
	}
	return problem.Type[strings.LastIndexAny(problem.Type, "/:#")+1:]
}
