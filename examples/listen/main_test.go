package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

// service accepts a connection, keeps the first message, and says what it is told to say.
func service(t *testing.T, asked chan<- string, says ...string) options {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if offered := r.Header.Get("Sec-WebSocket-Protocol"); offered != "annals.v1,bearer.token" && offered != "annals.v1" {
			t.Errorf("subprotocols offered: %s, want annals.v1, with or without a token", offered)
		}
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"annals.v1"}})
		if err != nil {
			return
		}
		defer conn.CloseNow()
		_, text, _ := conn.Read(r.Context())
		asked <- string(text)
		for _, text := range says {
			_ = conn.Write(r.Context(), websocket.MessageText, []byte(text))
		}
		_, _, _ = conn.Read(r.Context()) // the client closes
	}))
	t.Cleanup(server.Close)
	return options{url: server.URL, projection: "orders", stream: "Order#7", count: 2, wait: 5 * time.Second}
}

const subscribed, change1, change2 = `{"type":"subscribed"}`, `{"type":"change","version":1}`,
	`{"type":"change","version":2}`

func TestListen(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 1)
	o := service(t, asked, subscribed, change1, change2, change2)
	o.command, o.token = []string{"echo", "now"}, "token"
	var out strings.Builder
	if err := listen(t.Context(), o, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("now\n"+change1+"\n"+change2+"\n", out.String()); diff != "" {
		t.Error(diff)
	}
	if got := <-asked; got != `{"action":"subscribe","projection":"orders","stream":"Order#7"}` {
		t.Errorf("request of the client: %s", got)
	}
}

func TestListenFails(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 10)
	refused := service(t, asked, `{"type":"error","code":"unknown-projection","detail":"there are others"}`)
	broken := service(t, asked, `{"message":"Internal server error"}`)
	garbage := service(t, asked, `nothing`)
	few := service(t, asked, subscribed, change1)
	few.wait = 500 * time.Millisecond
	command := service(t, asked, subscribed)
	command.command = []string{"false"}
	unreachable := options{url: "ws://127.0.0.1:1", count: 1, wait: time.Second}
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	for want, o := range map[string]options{
		"the service answered: unknown-projection there are others": refused,
		"Internal server error":                broken,
		"invalid character":                    garbage,
		"1 of 2 changes have not come":         few,
		"false: exit status 1":                 command,
		"is `make run` running?":               unreachable,
		server.URL + " refuses: 404 Not Found": {url: server.URL, count: 1, wait: time.Second},
	} {
		if err := listen(t.Context(), o, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := listen(ctx, refused, io.Discard, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("listen with a canceled context: %v, want context.Canceled", err)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-stream", "Order#7", "-n", "3", "--", "curl", "-s"}, func(string) string {
		return ""
	}, io.Discard)
	want := options{
		url: "ws://127.0.0.1:3000/_socket", projection: "orders", stream: "Order#7", count: 3, wait: time.Minute,
		command: []string{"curl", "-s"},
	}
	if diff := cmp.Diff(want, o, cmp.AllowUnexported(options{})); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if o, _ := parse(nil, func(string) string { return "4000" }, io.Discard); o.url != "ws://127.0.0.1:4000/_socket" {
		t.Errorf("URL with the port 4000: %s", o.url)
	}
	for _, args := range [][]string{{"-n", "0"}, {"-wait", "-1s"}, {"-x"}} {
		if _, err := parse(args, func(string) string { return "" }, io.Discard); err == nil {
			t.Errorf("parse %v: no error", args)
		}
	}
	var help strings.Builder
	if _, err := parse([]string{"-h"}, func(string) string { return "" }, &help); !errors.Is(err, flag.ErrHelp) ||
		!strings.Contains(help.String(), "-projection") {
		t.Errorf("parse -h: %v, printed %s; want flag.ErrHelp and the flag -projection", err, help.String())
	}
}
