package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"
)

// TestConsole: the page needs the key that is printed. It only reads, and ends with the command.
func TestConsole(t *testing.T) { //nolint:paralleltest // sets the environment
	port := running(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	root := newRoot(portOf(port))
	out, in := io.Pipe()
	root.SetOut(in)
	root.SetErr(io.Discard)
	root.SetArgs([]string{"--local", "console"})
	ended := make(chan error, 1)
	go func() {
		ended <- root.ExecuteContext(ctx)
		_ = in.Close()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err, <-ended)
	}
	address := strings.TrimSpace(strings.TrimPrefix(line, "open "))
	base, _, keyed := strings.Cut(address, "?key=")
	if !keyed || !strings.HasPrefix(base, "http://127.0.0.1:") {
		t.Fatalf("console printed %q, want an address with a key", line)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	for _, step := range []struct {
		url, body string // with a body it is posted
		want      int
		has       string
	}{
		{base + "api/about", "", http.StatusUnauthorized, "annals console"},
		{address, "", http.StatusOK, "<title>Annals</title>"},
		{base + "api/about", "", http.StatusOK, `{"place":"http://127.0.0.1:` + port + `","write":false}`},
		{base + "api/stream?stream=Order%23good", "", http.StatusOK, "OrderCreated"},
		{base + "api/projections", "", http.StatusOK, `{"projection":"reserve-stock","generations":[`},
		{base + "api/retry", `{"projection":"orders","stream":"Order#bad"}`, http.StatusForbidden, "--write"},
	} {
		method := http.MethodGet
		if step.body != "" {
			method = http.MethodPost
		}
		r, err := http.NewRequestWithContext(ctx, method, step.url, strings.NewReader(step.body))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != step.want || !strings.Contains(string(text), step.has) {
			t.Errorf("GET %s: status %d, body %s; want %d and %q in the body",
				step.url, answer.StatusCode, text, step.want, step.has)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
