package socket

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// writeTimeout is how long a client may take to receive a message.
const writeTimeout = 5 * time.Second

// connection is one client.
type connection struct {
	api         *API
	id          string
	connectedAt time.Time
	host        string
	identity    identity
	authorized  map[string]any // the authorizer's context, nil without an authorizer

	conn *websocket.Conn
	idle *time.Timer

	mu       sync.Mutex
	activeAt time.Time
	ended    bool
	code     websocket.StatusCode // the code with which the API ended it
	reason   string
}

// newConnection makes a connection that is not accepted yet. Its id has the form of AWS's ids, and has to be escaped in
// a path.
func newConnection(a *API, r *http.Request) *connection {
	var id [11]byte
	_, _ = rand.Read(id[:]) // never fails
	now := time.Now()
	return &connection{
		api: a, id: base64.URLEncoding.EncodeToString(id[:]), connectedAt: now, activeAt: now, host: r.Host,
		identity: identity{SourceIP: hostname(r.RemoteAddr), UserAgent: r.UserAgent()},
	}
}

// serve handles an accepted connection to its end.
func (c *connection) serve(ctx context.Context, conn *websocket.Conn) {
	conn.SetReadLimit(maxMessage)
	c.conn = conn
	c.idle = time.AfterFunc(c.api.cfg.Idle, func() { c.end(websocket.StatusGoingAway, "Going away") })
	longest := time.AfterFunc(c.api.cfg.Longest, func() { c.end(websocket.StatusGoingAway, "Going away") })
	defer longest.Stop()
	defer c.idle.Stop()
	c.register()
	err := c.read(ctx)
	c.api.mu.Lock()
	delete(c.api.open, c.id)
	c.api.mu.Unlock()
	code, reason := c.outcome(err)
	_ = conn.CloseNow() // it is already closed or broken
	c.api.disconnect(ctx, c, code, reason)
}

// register makes a connection available for posts, or ends it if the API is closing.
func (c *connection) register() {
	c.api.mu.Lock()
	defer c.api.mu.Unlock()
	c.api.open[c.id] = c
	if c.api.closed {
		c.end(websocket.StatusGoingAway, "Going away")
	}
}

// write sends a text message to the client. It ignores the end of the sender's context, because an interrupted message
// breaks the connection.
func (c *connection) write(ctx context.Context, text []byte) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	c.active()
	return c.conn.Write(ctx, websocket.MessageText, text)
}

// active restarts the idle time.
func (c *connection) active() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.activeAt = time.Now()
	if !c.ended {
		c.idle.Reset(c.api.cfg.Idle)
	}
}

// end closes the connection in the background, because a client may be slow to answer the close.
func (c *connection) end(code websocket.StatusCode, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	c.ended, c.code, c.reason = true, code, reason
	go func() { _ = c.conn.Close(code, reason) }() // an error means that it is already closed
}

// outcome is how a connection ended: by the API, by the client, or abnormally.
func (c *connection) outcome(err error) (websocket.StatusCode, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var closed websocket.CloseError
	switch {
	case c.ended:
		return c.code, c.reason
	case errors.As(err, &closed):
		return closed.Code, closed.Reason
	case errors.Is(err, websocket.ErrMessageTooBig):
		return websocket.StatusMessageTooBig, ""
	}
	return websocket.StatusAbnormalClosure, ""
}
