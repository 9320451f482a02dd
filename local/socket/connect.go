package socket

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

// localOrigins are the origins whose pages may connect. API Gateway accepts all origins. Locally, other pages in the
// developer's browser must not read the messages.
var localOrigins = []string{"localhost", "localhost:*", "127.0.0.1", "127.0.0.1:*", "[[]::1]", "[[]::1]:*"}

// connect invokes $connect, and serves the connection to its end.
func (a *API) connect(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		message(w, http.StatusUpgradeRequired, "Upgrade Required")
		return
	}
	if !a.enter() {
		message(w, http.StatusServiceUnavailable, "Service Unavailable")
		return
	}
	defer a.running.Done()
	c := newConnection(a, r)
	protocol, status := a.admit(r, c)
	if status != http.StatusOK {
		message(w, status, http.StatusText(status))
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: localOrigins, Subprotocols: protocol})
	if err != nil {
		a.log.WarnContext(r.Context(), "accept a WebSocket connection", "error", err)
		a.disconnect(r.Context(), c, websocket.StatusAbnormalClosure, "")
		return
	}
	// The request's context ends when this method returns, at the latest.
	c.serve(r.Context(), conn)
}

// enter counts a connection, unless the API is closing.
func (a *API) enter() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.closed {
		a.running.Add(1)
	}
	return !a.closed
}

// admit asks the authorizer and $connect, if there are any. It returns the subprotocol that the function chose, and the
// status of the response.
func (a *API) admit(r *http.Request, c *connection) (protocol []string, status int) {
	if status := a.authorize(r, c); status != http.StatusOK {
		return nil, status
	}
	route, ok := a.routes["$connect"]
	if !ok {
		return nil, http.StatusOK
	}
	answer, err := a.invoke(r.Context(), route, c.connectEvent(r))
	switch {
	case err != nil:
		return nil, http.StatusBadGateway
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		return nil, refusal(answer.StatusCode)
	}
	for name, value := range answer.Headers {
		if strings.EqualFold(name, "Sec-WebSocket-Protocol") {
			protocol = []string{value}
		}
	}
	return protocol, http.StatusOK
}

// refusal is the status of a response that refuses: the function's, if it is one of an error.
func refusal(status int) int {
	if status < 400 || status > 599 {
		return http.StatusBadGateway
	}
	return status
}

// answer is a function's answer.
type answer struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
}

// invoke invokes a route's function with an event. A failure is logged.
func (a *API) invoke(ctx context.Context, to Route, e event) (answer, error) {
	var out answer
	payload, err := json.Marshal(e)
	if err != nil {
		return out, err
	}
	// A client that disconnects does not stop the function.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), to.Timeout)
	defer cancel()
	text, err := to.Function.Invoke(ctx, payload)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		a.log.WarnContext(ctx, "invoke the function of a WebSocket route", "route", to.Key, "error", err)
	}
	return out, err
}

// disconnect invokes $disconnect for a connection that has ended.
func (a *API) disconnect(ctx context.Context, c *connection, code websocket.StatusCode, reason string) {
	if route, ok := a.routes["$disconnect"]; ok {
		_, _ = a.invoke(ctx, route, c.disconnectEvent(int(code), reason)) // invoke logs the error
	}
}
