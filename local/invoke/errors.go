package invoke

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/annals-es/annals/local/lambda"
)

// apiError is an error in Lambda's format.
type apiError struct {
	status        int
	code, message string
	// reason names the limit that was reached, or is "".
	reason string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

func tooLarge(most int64) *apiError {
	return &apiError{
		http.StatusRequestEntityTooLarge, "RequestTooLargeException",
		fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", most), "",
	}
}

// failure returns the API error for a function that was not invoked.
func failure(f Function, err error) *apiError {
	switch {
	case errors.Is(err, lambda.ErrThrottled):
		reason := "ConcurrentInvocationLimitExceeded"
		if f.Reserved {
			reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
		}
		return &apiError{http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded.", reason}
	case errors.Is(err, lambda.ErrPayloadTooLarge):
		return tooLarge(maxEvent)
	}
	return &apiError{http.StatusInternalServerError, "ServiceException", fmt.Sprintf("invoke %s: %v", f.Name, err), ""}
}

func refuse(w http.ResponseWriter, err error) {
	e, ok := errors.AsType[*apiError](err)
	if !ok {
		e = &apiError{http.StatusInternalServerError, "ServiceException", err.Error(), ""}
	}
	w.Header().Set("X-Amzn-Errortype", e.code)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.status)
	kind := "User"
	if e.status >= http.StatusInternalServerError {
		kind = "Server"
	}
	_ = json.NewEncoder(w).Encode(struct { // fails only if the client disconnected
		Type    string
		Message string `json:"message"`
		Reason  string `json:",omitempty"`
	}{kind, e.message, e.reason})
}
