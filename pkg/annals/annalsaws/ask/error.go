package ask

import (
	"errors"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Kind distinguishes errors that tools treat differently.
type Kind string

// The kinds of errors. An error of no kind is "".
const (
	// StreamNotFound has the Stream.
	StreamNotFound Kind = "stream-not-found"
	// VersionNotFound has the Stream, the Version, and the Actual version.
	VersionNotFound Kind = "version-not-found"
	// UnknownProjection has the Projection.
	UnknownProjection Kind = "unknown-projection"
)

// Error is why a task failed. The function answers with it and the invocation succeeds, so a failed task raises no
// alarm.
type Error struct {
	Kind    Kind   `json:"kind,omitempty"`
	Message string `json:"message"`
	// Stream, Version, Actual and Projection are what the error is about.
	Stream     string `json:"stream,omitempty"`
	Version    int64  `json:"version,omitempty"`
	Actual     int64  `json:"actual,omitempty"`
	Projection string `json:"projection,omitempty"`
}

// ErrorOf converts an error for an answer. It returns nil for nil.
func ErrorOf(err error) *Error {
	if err == nil {
		return nil
	}
	e := &Error{Message: err.Error()}
	var (
		version *es.VersionNotFoundError
		stream  *es.NotFoundError
		unknown *projection.UnknownProjectionError
	)
	switch {
	case errors.As(err, &version):
		e.Kind, e.Stream, e.Version, e.Actual = VersionNotFound, version.Stream.String(), version.Version, version.Actual
	case errors.As(err, &stream):
		e.Kind, e.Stream = StreamNotFound, stream.Stream.String()
	case errors.As(err, &unknown):
		e.Kind, e.Projection = UnknownProjection, unknown.Projection
	}
	return e
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the error that the kind stands for: [es.NotFoundError], [es.VersionNotFoundError] or
// [projection.UnknownProjectionError]. If it has no kind, it is nil.
func (e *Error) Unwrap() error {
	stream, _ := es.ParseStreamID(e.Stream)
	switch e.Kind {
	case StreamNotFound:
		return &es.NotFoundError{Stream: stream}
	case VersionNotFound:
		return &es.VersionNotFoundError{Stream: stream, Version: e.Version, Actual: e.Actual}
	case UnknownProjection:
		return &projection.UnknownProjectionError{Projection: e.Projection}
	}
	return nil
}
