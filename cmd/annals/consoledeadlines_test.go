package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/console"
)

// TestConsoleDeadlines: the console lists, runs and cancels deadlines as the commands do.
func TestConsoleDeadlines(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port, broken := newBills(t)
	f.deliver(t)
	cmd := &cobra.Command{Use: "console"}
	cmd.SetContext(t.Context())
	cmd.SetErr(&strings.Builder{})
	page, err := (&cli{getenv: portOf(port), local: true}).console(cmd, console.Config{Write: true})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, body string) string {
		r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		return w.Body.String()
	}
	for _, step := range []struct{ method, path, body, want string }{
		{http.MethodGet, "/api/about", "", `"deadlines":true`},
		{http.MethodGet, "/api/deadlines", "", `"count":4`},
		{http.MethodGet, "/api/deadlines?within=0", "", `"failed":"the printer is on fire"`},
		{http.MethodGet, "/api/deadlines?within=0", "", `"count":2,`}, // without the later one of the same stream
		{http.MethodPost, "/api/run", `{"projection":"dun","stream":"Bill#1","deadline":"old"}`, "the printer is on fire"},
		{http.MethodPost, "/api/run", `{"projection":"no","stream":"Bill#1","deadline":"old"}`, "is no timer"},
		{http.MethodPost, "/api/cancel", `{"projection":"dun","stream":"Bill#1","deadline":"no"}`, "has no open deadline"},
	} {
		if got := ask(step.method, step.path, step.body); !strings.Contains(got, step.want) {
			t.Errorf("%s %s %s: %s, want %s", step.method, step.path, step.body, got, step.want)
		}
	}
	broken.Store(false)
	for path, name := range map[string]string{"/api/run": "old", "/api/cancel": "later"} {
		body := `{"projection":"dun","stream":"Bill#1","deadline":"` + name + `"}`
		if got := ask(http.MethodPost, path, body); got != "{}\n" {
			t.Errorf("POST %s %s: %s, want {}", path, body, got)
		}
	}
	step{"deadlines list --stream Bill#1", "0 open", "", 0}.run(t, port)
	if n := len(f.later.take()); n > 0 {
		t.Errorf("%d messages were sent at %v, want none", n, time.Now())
	}
}
