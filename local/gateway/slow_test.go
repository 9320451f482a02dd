package gateway

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// impatient is an API whose clients have so long for a body and for an answer, and how many of its requests are under
// way.
func impatient(t *testing.T, f *function, patience time.Duration) (address string, under *atomic.Int32) {
	t.Helper()
	a, err := New("api", "0", []Route{{Key: "POST /a", Function: f, Timeout: time.Second}}, Options{},
		slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	a.patience = patience
	under = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		under.Add(1)
		defer under.Add(-1)
		a.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), under
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// TestSlowBody: a client that trickles its body is answered when its time is over, cut off, and reaches no function.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	f := &function{answer: `{"statusCode":204}`}
	address, under := impatient(t, f, 300*time.Millisecond)
	conn := dial(t, address)
	fmt.Fprintf(conn, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
	go func() { // a byte now and then resets nothing
		for range 100 {
			if _, err := conn.Write([]byte("x")); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	began := time.Now()
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != 408 || string(body) != `{"message":"Request Timeout"}` || !answer.Close || f.received != nil {
		t.Errorf("%s %s, closes: %t, invoked with %q", answer.Status, body, answer.Close, f.received)
	}
	if took := time.Since(began); took < 250*time.Millisecond || took > 1500*time.Millisecond {
		t.Errorf("connection closed after %s, want 0.25 to 1.5 s", took)
	}
	if n := under.Load(); n != 0 {
		t.Errorf("%d requests are held", n)
	}
}

// TestSlowReader: a client that does not read its answer holds the request up for its time, and no longer.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	f := &function{answer: `{"statusCode":200,"body":"` + strings.Repeat("x", maxBody-100) + `"}`}
	address, under := impatient(t, f, 300*time.Millisecond)
	conn := dial(t, address)
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
	waitFor(t, "the request begins", func() bool { return under.Load() == 1 })
	waitFor(t, "the request ends", func() bool { return under.Load() == 0 })
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// TestTimeLimitIsPerRequest: a connection that is used again has all of the time again.
func TestTimeLimitIsPerRequest(t *testing.T) {
	t.Parallel()
	address, _ := impatient(t, &function{answer: `{"statusCode":200,"body":"here"}`}, 200*time.Millisecond)
	conn := dial(t, address)
	reader := bufio.NewReader(conn)
	for range 4 {
		fmt.Fprintf(conn, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
		answer, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if answer.StatusCode != 200 || string(body) != "here" || answer.ContentLength != 4 || err != nil {
			t.Fatalf("answer: status %s, body %q of %d bytes, %v; want here", answer.Status, body, answer.ContentLength, err)
		}
		time.Sleep(150 * time.Millisecond)
	}
}
