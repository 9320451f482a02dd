package runner

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// dial connects to the runner's WebSocket API.
func (p *process) dial(query string) (conn *websocket.Conn, status int) {
	p.t.Helper()
	conn, answer, err := websocket.Dial(p.t.Context(), "ws"+strings.TrimPrefix(p.address, "http")+"/_socket"+query, nil)
	if err != nil && answer == nil {
		p.t.Fatal(err)
	}
	return conn, answer.StatusCode
}

// The whole way of a message: client, API, function, @connections, client; and of the ends.
func TestSocket(t *testing.T) {
	t.Parallel()
	p := launch(t, t.TempDir(), system(t), shared(t))
	if !strings.Contains(p.stdout(), "socket ws://127.0.0.1:") {
		t.Errorf("the runner did not print the socket's address:\n%s", p.stdout())
	}
	if _, status := p.dial(""); status != 401 {
		t.Errorf("connect without a token: status %d, want 401", status)
	}
	conn, _ := p.dial("?name=ada")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for text, want := range map[string]string{"hello": "echo hello", `{"action":"post"}`: `posted {"action":"post"}`} {
		if err := conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := conn.Read(ctx); err != nil || string(got) != want {
			t.Errorf("answer to %s: %s, %v, want %s; the runner printed\n%s", text, got, err, want, p.stderr())
		}
	}
	if status := p.send("GET", "/items/left"); status != 404 {
		t.Errorf("GET the item of a connection that left: status %d, want 404", status)
	}
	_ = conn.Close(websocket.StatusNormalClosure, "")
	eventually(t, "the end is known", func() bool { return p.send("GET", "/items/left") == 200 })

	stays, _ := p.dial("?name=ada")
	ended := make(chan websocket.StatusCode)
	go func() {
		_, _, err := stays.Read(ctx)
		ended <- websocket.CloseStatus(err)
	}()
	if err := p.signal(syscall.SIGTERM); err != nil {
		t.Errorf("exit of the runner: %v", err)
	}
	if code := <-ended; code != websocket.StatusGoingAway {
		t.Errorf("connection closed with %v, want StatusGoingAway", code)
	}
	if !strings.Contains(p.stdout(), "left with 1001") {
		t.Errorf("the function got no $disconnect at the end:\n%s", p.stdout())
	}
}
