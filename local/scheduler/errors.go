package scheduler

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// apiError is an error in the service's format.
type apiError struct {
	status        int
	code, message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

func invalid(format string, arguments ...any) error {
	return &apiError{http.StatusBadRequest, "ValidationException", fmt.Sprintf(format, arguments...)}
}

func missing(format string, arguments ...any) error {
	return &apiError{http.StatusNotFound, "ResourceNotFoundException", fmt.Sprintf(format, arguments...)}
}

func conflict(format string, arguments ...any) error {
	return &apiError{http.StatusConflict, "ConflictException", fmt.Sprintf(format, arguments...)}
}

func denied(err error) error {
	return &apiError{http.StatusForbidden, "AccessDeniedException", err.Error()}
}

// refuse answers with an error, and returns it if the caller did not cause it.
func refuse(w http.ResponseWriter, err error) (own error) {
	e, ok := errors.AsType[*apiError](err)
	if !ok {
		e, own = &apiError{http.StatusInternalServerError, "InternalServerException", err.Error()}, err
	}
	w.Header().Set("X-Amzn-Errortype", e.code)
	w.WriteHeader(e.status)
	_ = json.NewEncoder(w).Encode(map[string]string{"Message": e.message}) // fails only if the client disconnected
	return own
}
