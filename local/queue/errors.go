package queue

import (
	"errors"
	"net/http"
)

// apiError is an error as SQS answers it.
type apiError struct {
	Code    string `json:"__type"`
	Message string `json:"message"`
}

func (e apiError) Error() string { return e.Code + ": " + e.Message }

// accessDenied is what who may not send is told.
const accessDenied = "com.amazon.coral.service#AccessDeniedException"

// internalFailure is what is not the sender's fault.
const internalFailure = "InternalFailure"

func (e apiError) sender() bool { return e.Code != internalFailure }

func (e apiError) status() int {
	switch e.Code {
	case internalFailure:
		return http.StatusInternalServerError
	case accessDenied:
		return http.StatusForbidden
	}
	return http.StatusBadRequest
}

func asAPIError(err error) apiError {
	if e, ok := errors.AsType[apiError](err); ok || err == nil {
		return e
	}
	return apiError{internalFailure, err.Error()}
}
