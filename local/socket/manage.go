package socket

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// manage answers at @connections/{id}: POST sends a message, GET describes the connection, DELETE ends it. A request
// must be signed by a principal that may do that. The signature itself is not verified.
func (a *API) manage(w http.ResponseWriter, r *http.Request, id string) {
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		message(w, http.StatusForbidden, "Missing Authentication Token")
		return
	}
	if a.cfg.May != nil {
		if err := a.cfg.May(r, id); err != nil {
			w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
			message(w, http.StatusForbidden, err.Error())
			return
		}
	}
	a.mu.Lock()
	c := a.open[id]
	a.mu.Unlock()
	if c == nil {
		w.Header().Set("X-Amzn-Errortype", "GoneException")
		w.WriteHeader(http.StatusGone)
		return
	}
	switch r.Method {
	case http.MethodPost:
		c.post(w, r)
	case http.MethodGet:
		c.describe(w)
	case http.MethodDelete:
		c.end(websocket.StatusNormalClosure, "Connection Closed Normally")
		w.WriteHeader(http.StatusNoContent)
	default:
		message(w, http.StatusMethodNotAllowed, "Method Not Allowed")
	}
}

func (c *connection) post(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessage))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		w.Header().Set("X-Amzn-Errortype", "PayloadTooLargeException")
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	case err != nil:
		message(w, http.StatusBadRequest, "Bad Request")
	case c.write(r.Context(), text) != nil:
		w.WriteHeader(http.StatusGone)
	}
}

func (c *connection) describe(w http.ResponseWriter) {
	c.mu.Lock()
	activeAt := c.activeAt
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(struct { // fails only if the client disconnected
		ConnectedAt  string   `json:"connectedAt"`
		Identity     identity `json:"identity"`
		LastActiveAt string   `json:"lastActiveAt"`
	}{c.connectedAt.UTC().Format(time.RFC3339), c.identity, activeAt.UTC().Format(time.RFC3339)})
}
