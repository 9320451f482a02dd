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
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	port := running(t)
	address, ended := startConsole(ctx, t, port)
	base, _, _ := strings.Cut(address, "?key=")
	browser := newBrowser(t)
	for _, step := range []struct {
		url, body string // with a body it is posted
		want      int
		has       string
	}{
		{base + "api/about", "", http.StatusUnauthorized, "annals console"},
		{address, "", http.StatusOK, "<title>Annals</title>"},
		{base + "api/about", "", http.StatusOK, `{"place":"http://127.0.0.1:` + port + `","write":false,"people":true,`},
		{base + "api/stream?stream=Order%23good", "", http.StatusOK, "OrderCreated"},
		{base + "api/projections", "", http.StatusOK, `{"projection":"reserve-stock","generations":[`},
		{base + "api/person?id=none", "", http.StatusNotFound, "Nothing is stored about a person with the id none."},
		{base + "api/forget", `{"subject":"ada"}`, http.StatusForbidden, "--write"},
		{base + "api/retry", `{"projection":"orders","stream":"Order#bad"}`, http.StatusForbidden, "--write"},
	} {
		if status, text := browser.ask(t, step.url, step.body); status != step.want || !strings.Contains(text, step.has) {
			t.Errorf("%s: status %d, body %s; want %d and %q in the body", step.url, status, text, step.want, step.has)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// startConsole starts a console, and returns the address that it prints and its end.
func startConsole(ctx context.Context, t *testing.T, port string, args ...string) (address string, ended chan error) {
	t.Helper()
	root := newRoot(portOf(port)) //nolint:contextcheck // the command gets its context from ExecuteContext
	out, in := io.Pipe()
	root.SetOut(in)
	root.SetErr(io.Discard)
	root.SetArgs(append([]string{"--local", "console"}, args...))
	ended = make(chan error, 1)
	go func() {
		ended <- root.ExecuteContext(ctx)
		_ = in.Close()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err, <-ended)
	}
	address = strings.TrimSpace(strings.TrimPrefix(line, "open "))
	if !strings.HasPrefix(address, "http://127.0.0.1:") || !strings.Contains(address, "?key=") {
		t.Fatalf("console printed %q, want an address with a key", line)
	}
	return address, ended
}

// browser keeps cookies.
type browser struct{ http.Client }

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{http.Client{Jar: jar}}
}

// ask sends a request, with a body a POST, and returns the status and the body of the answer.
func (b *browser) ask(t *testing.T, url, body string) (int, string) {
	t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// TestConsoleForgets: a console with --write forgets a person, and tells the progress.
func TestConsoleForgets(t *testing.T) { //nolint:paralleltest // sets the environment
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	f, port := newFake(t, nil)
	f.open(t, "a", "ada")
	address, ended := startConsole(ctx, t, port, "--write")
	base, _, _ := strings.Cut(address, "?key=")
	browser := newBrowser(t)
	for i, step := range []struct {
		path, body string
		want       int
		has        []string
	}{
		{strings.TrimPrefix(address, base), "", http.StatusOK, nil},
		{"api/about", "", http.StatusOK, []string{`"write":true,"people":true`}},
		{"api/person?id=ada", "", http.StatusOK, []string{`"status":"known","streams":1`, `"names":["Account#a"],"more":false`}},
		{"api/forget", `{"subject":"bob"}`, http.StatusNotFound, []string{"Nothing is stored about a person with the id bob."}},
		{"api/forget", `{"subject":"ada"}`, http.StatusAccepted, []string{`"status":"requested"`, `"requestedAt":"20`}},
		{
			"api/person?id=ada", "", http.StatusOK,
			[]string{`"status":"forgotten"`, `"keyDeletedAt":"20`, `"until":"20`, `"streams":1`, `"forgottenAt":"20`, `"final":"20`},
		},
		{"api/stream?stream=Subject%23ada", "", http.StatusOK, []string{"ForgettingRequested", "SubjectForgotten"}},
	} {
		status, text := browser.ask(t, base+step.path, step.body)
		for _, has := range step.has {
			if !strings.Contains(text, has) {
				t.Errorf("step %d, %s: %q is missing in %s", i, step.path, has, text)
			}
		}
		if status != step.want {
			t.Errorf("step %d, %s: status %d, want %d: %s", i, step.path, status, step.want, text)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
