package gateway

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
)

// refuseBody answers a request whose body could not be read. The connection ends with the response.
func refuseBody(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		message(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		message(w, http.StatusRequestTimeout, "Request Timeout")
	default:
		message(w, http.StatusBadRequest, "Bad Request")
	}
}

// admit asks the authorizer, if there is one, about a request, and answers the request if it is refused. Several
// Authorization headers are joined by commas, as all repeated headers are. The result is not a valid token.
func (a *API) admit(w http.ResponseWriter, r *http.Request, to *route) (*authorized, bool) {
	if a.authorizer == nil || to.Open {
		return nil, true
	}
	claims, status := a.authorizer.Authorize(strings.Join(r.Header.Values("Authorization"), ","), to.Scopes)
	switch status {
	case http.StatusOK:
		return &authorized{JWT: jwt{Claims: claims, Scopes: to.Scopes}}, true
	case http.StatusForbidden:
		w.Header().Set("Www-Authenticate", `Bearer scope="`+strings.Join(to.Scopes, " ")+`" error="insufficient_scope"`)
	default:
		w.Header().Set("Www-Authenticate", "Bearer")
	}
	message(w, status, http.StatusText(status))
	return nil, false
}

func message(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"message":"`+text+`"}`)
}
