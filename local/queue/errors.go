package queue

import (
	"errors"
	"net/http"
)

// apiError is an error in SQS's format.
type apiError struct {
	Code    string `json:"__type"`
	Message string `json:"message"`
}

func (e apiError) Error() string { return e.Code + ": " + e.Message }

// accessDenied is the code for a sender without permission.
const accessDenied = "com.amazon.coral.service#AccessDeniedException"

// internalFailure is the code for errors that the sender did not cause.
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
