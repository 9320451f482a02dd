package socket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	c := b.connected()
	for text, want := range map[string]string{
		`{"action":"echo"}`: "echo", `{"action":"nowhere"}`: "default", `{"action":7}`: "default", `{}`: "default",
		`hello`: "default", `["echo"]`: "default",
		`{"action":"$connect"}`: "default",
	} {
		if c.send(text); c.receive() != want {
			t.Errorf("answer to %s: not %s", text, want)
		}
	}
	c.send(`{"action":"mute"}`)
	c.send(`{"action":"echo"}`)
	if got := c.receive(); got != "echo" || len(b.function.seen("mute")) > 1 {
		t.Errorf("first message after a route without an answer: %s", got)
	}
	for _, action := range []string{"broken", "garbage"} {
		c.send(`{"action":"` + action + `"}`)
		var failure map[string]string
		if err := json.Unmarshal([]byte(c.receive()), &failure); err != nil ||
			failure["message"] != "Internal server error" ||
			failure["connectionId"] != b.id() || failure["requestId"] == "" {
			t.Errorf("answer to %s: %v, %v, want \"Internal server error\" with the ids of the connection and of the request",
				action, failure, err)
		}
	}
}

func TestMessagesOvertakeEachOther(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	c := b.connected()
	c.send(`{"action":"slow"}`)
	c.send(`{"action":"echo"}`)
	if got := c.receive(); got != "echo" {
		t.Errorf("first answer: %s, want echo", got)
	}
	close(b.function.hold)
	if got := c.receive(); got != "slow" {
		t.Errorf("second answer: %s, want slow", got)
	}
}

func TestNestedSelectionAndNoDefault(t *testing.T) {
	t.Parallel()
	b := newBundle(t, func(cfg *Config) {
		cfg.Selection = "$request.body.do.what"
		cfg.Routes = cfg.Routes[3:] // neither $connect nor $disconnect nor $default
	})
	c := b.connected()
	if c.send(`{"do":{"what":"echo"}}`); c.receive() != "echo" {
		t.Error("message with a nested action: its route was not found")
	}
	if c.send(`{"do":"echo"}`); !strings.HasPrefix(c.receive(), `{"message":"Forbidden"`) {
		t.Error("message with an action in another place: want Forbidden")
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	c, _ := b.dial("?token=a&token=b&x=", http.Header{"X-Two": {"1", "2"}, "User-Agent": {"test"}})
	c.send(`{"action":"echo","ä":1}`)
	c.receive()
	_ = c.conn.Close(4000, "enough")
	left := b.left()

	said := b.function.seen("$connect")[0]
	headers := said["headers"].(map[string]any)
	if headers["X-Two"] != "2" || headers["Host"] == "" ||
		len(said["multiValueHeaders"].(map[string]any)["X-Two"].([]any)) != 2 {
		t.Errorf("headers of $connect: %v, want both values of X-Two, and Host", headers)
	}
	if diff := cmp.Diff(map[string]any{"token": "b", "x": ""}, said["queryStringParameters"]); diff != "" {
		t.Error(diff)
	}
	connected := said["requestContext"].(map[string]any)
	echoed := b.function.seen("echo")[0]
	if echoed["headers"] != nil || echoed["body"] != `{"action":"echo","ä":1}` || echoed["isBase64Encoded"] != false {
		t.Errorf("event of the message: %v, want its body and no headers", echoed)
	}
	message := echoed["requestContext"].(map[string]any)
	requests := map[any]bool{}
	for kind, context := range map[string]map[string]any{"CONNECT": connected, "MESSAGE": message, "DISCONNECT": left} {
		requests[context["requestId"]] = true
		want := map[string]any{
			"eventType": kind, "connectionId": connected["connectionId"], "connectedAt": connected["connectedAt"],
			"domainName": "127.0.0.1",
			"stage":      "live", "apiId": "api", "accountId": "000000000000", "messageDirection": "IN",
			"identity": map[string]any{"sourceIp": "127.0.0.1", "userAgent": "test"},
		}
		for name, value := range want {
			if diff := cmp.Diff(value, context[name]); diff != "" {
				t.Errorf("%s: request context, %s (-want +got):\n%s", kind, name, diff)
			}
		}
		if since := time.Since(time.UnixMilli(int64(context["connectedAt"].(float64)))); since < 0 || since > time.Minute {
			t.Errorf("%s: connected %v ago, want within a minute", kind, since)
		}
	}
	if len(requests) != 3 || message["messageId"] == nil {
		t.Errorf("request ids %v, message id %v; want three request ids and a message id", requests, message["messageId"])
	}
	if left["disconnectStatusCode"] != 4000.0 || left["disconnectReason"] != "enough" {
		t.Errorf("$disconnect with %v, %v, want 4000, enough", left["disconnectStatusCode"], left["disconnectReason"])
	}
}

func TestConnectRefuses(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int{
		`{"statusCode":401}`: 401, `{"statusCode":503}`: 503, `{"statusCode":302}`: 502, `{}`: 502, `nothing`: 502,
		`{"statusCode":299}`: 101,
	} {
		b := newBundle(t, nil)
		b.function.answers["$connect"] = answer
		if _, status := b.dial("", nil); status != want {
			t.Errorf("connect where the function answers %s: status %d, want %d", answer, status, want)
		}
		if want != 101 && (len(b.api.open) > 0 || len(b.function.seen("$disconnect")) > 0) {
			t.Errorf("%s: the client is connected, want it refused", answer)
		}
	}
}

func TestWhoMayConnect(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	for origin, want := range map[string]int{
		"http://localhost:5173": 101, "http://127.0.0.1": 101, "http://[::1]:3000": 101, "https://example.org": 403,
		"http://localhost.example.org": 403,
	} {
		if _, status := b.dial("", http.Header{"Origin": {origin}}); status != want {
			t.Errorf("connect from the origin %s: status %d, want %d", origin, status, want)
		}
	}
	b.function.answers["$connect"] = `{"statusCode":200,"headers":{"sec-websocket-protocol":"two"}}`
	if c, _ := b.dial("", http.Header{"Protocols": {"one", "two"}}); c.conn.Subprotocol() != "two" {
		t.Errorf("the protocol is %q", c.conn.Subprotocol())
	}
	for path, want := range map[string]int{"": 426, "/other": 403} {
		answer, err := http.Get(b.server.URL + "/_socket" + path)
		if err != nil {
			t.Fatal(err)
		}
		if _ = answer.Body.Close(); answer.StatusCode != want {
			t.Errorf("request of %q: status %d, want %d", path, answer.StatusCode, want)
		}
	}
}

func TestMessageLimit(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	c := b.connected()
	if c.send(strings.Repeat("x", 128<<10)); c.receive() != "default" {
		t.Error("message of 128 KB was not answered")
	}
	_ = c.conn.Write(t.Context(), websocket.MessageText, make([]byte, 128<<10+1))
	if got := c.receive(); got != "closed MessageTooBig" {
		t.Errorf("connection after a message of more than 128 KB: %s, want closed MessageTooBig", got)
	}
	if left := b.left(); left["disconnectStatusCode"] != 1009.0 {
		t.Errorf("$disconnect with %v, want 1009", left["disconnectStatusCode"])
	}
}

func TestTimeLimits(t *testing.T) {
	t.Parallel()
	t.Run("idle", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t, func(c *Config) { c.Idle = time.Second })
		c, begin := b.connected(), time.Now()
		for range 3 { // each message starts the time again
			time.Sleep(400 * time.Millisecond)
			c.send(`{"action":"mute"}`)
		}
		if got := c.receive(); got != "closed GoingAway" || time.Since(begin) < 2*time.Second {
			t.Errorf("connection that was idle: closed after %v with %s", time.Since(begin), got)
		}
		if left := b.left(); left["disconnectStatusCode"] != 1001.0 || left["disconnectReason"] != "Going away" {
			t.Errorf("$disconnect with %v, want 1001, Going away", left)
		}
	})
	t.Run("longest", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t, func(c *Config) { c.Longest = 100 * time.Millisecond })
		if got := b.connected().receive(); got != "closed GoingAway" {
			t.Errorf("connection at its age limit: %s, want closed GoingAway", got)
		}
	})
}

func TestConnections(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	c := b.connected()
	c.send(`{"action":"echo"}`) // now it is certainly registered
	c.receive()
	id := b.id()
	if !strings.HasSuffix(id, "=") {
		t.Errorf("the id %s needs no escape: AWS's do", id)
	}
	escaped := strings.ReplaceAll(id, "=", "%3D")
	if status, text := b.manage("POST", escaped, []byte("hello")); status != 200 || text != "" {
		t.Errorf("POST to a connection: status %d, body %s; want 200", status, text)
	}
	if got := c.receive(); got != "hello" {
		t.Errorf("message of the POST: %s, want hello", got)
	}
	if status, _ := b.manage("POST", escaped, make([]byte, 128<<10+1)); status != 413 {
		t.Errorf("POST of more than 128 KB: status %d, want 413", status)
	}
	if status, text := b.manage("GET", id, nil); status != 200 || !strings.Contains(text, `"sourceIp":"127.0.0.1"`) ||
		!strings.Contains(text, `"lastActiveAt":"20`) {
		t.Errorf("GET a connection: status %d, body %s; want 200 with the address and the last activity", status, text)
	}
	if status, _ := b.manage("PUT", id, nil); status != 405 {
		t.Errorf("PUT to a connection: status %d, want 405", status)
	}
	answer, err := http.Post(b.server.URL+"/_socket/@connections/"+id, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _ = answer.Body.Close(); answer.StatusCode != 403 {
		t.Errorf("request without a signature: status %d, want 403", answer.StatusCode)
	}
	if status, _ := b.manage("DELETE", id, nil); status != 204 {
		t.Errorf("DELETE a connection: status %d, want 204", status)
	}
	if got := c.receive(); got != "closed NormalClosure" {
		t.Errorf("connection after the DELETE: %s, want closed NormalClosure", got)
	}
	b.left()
	for _, method := range []string{"POST", "GET", "DELETE"} {
		if status, _ := b.manage(method, id, nil); status != 410 {
			t.Errorf("%s of a connection that is gone: status %d", method, status)
		}
	}
}

// A client that vanishes without a word is gone all the same.
func TestAbnormalEnd(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	_ = b.connected().conn.CloseNow()
	if left := b.left(); left["disconnectStatusCode"] != 1006.0 {
		t.Errorf("$disconnect with %v, want 1006", left["disconnectStatusCode"])
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	var clients []*client
	for range 3 {
		clients = append(clients, b.connected())
	}
	said := make(chan string, len(clients))
	for _, c := range clients {
		go func() { said <- c.receive() }()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	b.api.Close(ctx)
	if ctx.Err() != nil || len(b.function.seen("$disconnect")) != 3 {
		t.Errorf("%v; %d $disconnect events arrived", ctx.Err(), len(b.function.seen("$disconnect")))
	}
	for range clients {
		if got := <-said; got != "closed GoingAway" {
			t.Errorf("connection at the end of the server: %s, want closed GoingAway", got)
		}
	}
	if _, status := b.dial("", nil); status != 503 {
		t.Errorf("connect after the end of the server: status %d, want 503", status)
	}
}

// A client that does not answer the close frame does not delay the end.
func TestCloseDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	b := newBundle(t, nil)
	b.connected()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	b.api.Close(ctx)
	if took := time.Since(begin); took > time.Second {
		t.Error(fmt.Sprint("it took ", took))
	}
}

func TestMayManage(t *testing.T) {
	t.Parallel()
	var asked []string
	b := newBundle(t, func(c *Config) {
		c.May = func(r *http.Request, connection string) error {
			asked = append(asked, r.Method+" "+connection)
			return errors.New("User: x is not authorized")
		}
	})
	if status, text := b.manage("DELETE", "abc%3D", nil); status != 403 ||
		text != `{"message":"User: x is not authorized"}` {
		t.Errorf("DELETE without the right to: status %d, body %s; want 403", status, text)
	}
	if len(asked) != 1 || asked[0] != "DELETE abc=" {
		t.Errorf("rights that were checked: %v, want DELETE of the connection", asked)
	}
}
