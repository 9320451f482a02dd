package socket

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// function answers with what is set for a route, and keeps the events.
type function struct {
	mu      sync.Mutex
	answers map[string]string // by route; without one, it fails
	events  []map[string]any
	hold    chan struct{} // where set, an answer of "slow" waits for its end
}

func (f *function) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	var e map[string]any
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, err
	}
	route := e["requestContext"].(map[string]any)["routeKey"].(string)
	if route == "slow" {
		<-f.hold
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, e)
	answer, ok := f.answers[route]
	if !ok {
		return nil, errors.New("it failed")
	}
	return []byte(answer), nil
}

// seen are the events of a route.
func (f *function) seen(route string) []map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []map[string]any
	for _, e := range f.events {
		if e["requestContext"].(map[string]any)["routeKey"] == route {
			found = append(found, e)
		}
	}
	return found
}

// bundle is an API behind a server.
type bundle struct {
	t        *testing.T
	api      *API
	function *function
	server   *httptest.Server
}

// newBundle makes an API with all kinds of routes. Its function accepts connections and echoes.
func newBundle(t *testing.T, change func(*Config)) *bundle {
	t.Helper()
	f := &function{hold: make(chan struct{}), answers: map[string]string{
		"$connect": `{"statusCode":200}`, "$disconnect": `{"statusCode":200}`,
		"$default": `{"statusCode":200,"body":"default"}`,
		"echo":     `{"statusCode":200,"body":"echo"}`, "mute": `{"statusCode":200,"body":"mute"}`,
		"slow":    `{"statusCode":200,"body":"slow"}`,
		"garbage": `nothing`,
	}}
	cfg := Config{ID: "api", Account: "000000000000", Stage: "live", Path: "/_socket", Selection: "$request.body.action"}
	for _, key := range []string{"$connect", "$disconnect", "$default", "echo", "mute", "slow", "broken", "garbage"} {
		cfg.Routes = append(cfg.Routes, Route{Key: key, Function: f, Timeout: time.Second, Answers: key != "mute"})
	}
	if change != nil {
		change(&cfg)
	}
	api := New(cfg, slog.New(slog.DiscardHandler))
	b := &bundle{t: t, api: api, function: f, server: httptest.NewServer(api)}
	t.Cleanup(b.server.Close)
	return b
}

// dial connects, or returns the status of the refusal.
func (b *bundle) dial(query string, header http.Header) (*client, int) {
	b.t.Helper()
	conn, answer, err := websocket.Dial(b.t.Context(), b.server.URL+"/_socket"+query, &websocket.DialOptions{
		HTTPHeader: header, Subprotocols: header["Protocols"],
	})
	if err != nil {
		if answer == nil {
			b.t.Fatal(err)
		}
		return nil, answer.StatusCode
	}
	b.t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{b.t, conn}, answer.StatusCode
}

func (b *bundle) connected() *client {
	b.t.Helper()
	c, status := b.dial("", nil)
	if c == nil {
		b.t.Fatalf("connect: status %d, want a connection", status)
	}
	return c
}

// id is that of the only connection so far.
func (b *bundle) id() string {
	b.t.Helper()
	return b.function.seen("$connect")[0]["requestContext"].(map[string]any)["connectionId"].(string)
}

// manage sends a signed request to @connections.
func (b *bundle) manage(method, id string, body []byte) (status int, text string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+"/_socket/@connections/"+id,
		bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	all, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(all)
}

// left waits for the event of the only connection's end.
func (b *bundle) left() map[string]any {
	b.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if seen := b.function.seen("$disconnect"); len(seen) > 0 {
			return seen[0]["requestContext"].(map[string]any)
		}
	}
	b.t.Fatal("no $disconnect arrived")
	return nil
}

type client struct {
	t    *testing.T
	conn *websocket.Conn
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.conn.Write(c.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// receive is the next message, or what the connection was closed with: "closed 1001".
func (c *client) receive() string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	_, text, err := c.conn.Read(ctx)
	if code := websocket.CloseStatus(err); code >= 0 {
		return strings.TrimSpace("closed " + strings.TrimPrefix(code.String(), "Status"))
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}
