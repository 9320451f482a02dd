package main

import (
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
)

// TestGuard: pages of other sites neither send commands nor read, whatever browsers let them try without asking first.
func TestGuard(t *testing.T) {
	t.Parallel()
	handler := guarded(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, test := range []struct {
		name, method, host string
		header             http.Header
		want               int
	}{
		{"curl", "POST", "127.0.0.1:3000", nil, http.StatusOK},
		{"another name", "GET", "localhost:3000", nil, http.StatusOK},
		{"IPv6", "GET", "[::1]:3000", nil, http.StatusOK},
		{"without a port", "GET", "[::1]", nil, http.StatusOK},
		{"a page of its own", "POST", "localhost:3000", http.Header{"Origin": {"http://localhost:3000"}}, http.StatusOK},
		{"a page by its name that leads here", "GET", "evil.example:3000", nil, http.StatusForbidden},
		{"that page, of itself", "POST", "evil.example:3000", http.Header{"Origin": {"http://evil.example:3000"}}, http.StatusForbidden},
		{"a form", "POST", "127.0.0.1:3000", http.Header{"Origin": {"http://evil.example"}}, http.StatusForbidden},
		{"a form in a frame", "POST", "127.0.0.1:3000", http.Header{"Origin": {"null"}}, http.StatusForbidden},
		{"a fetch", "POST", "127.0.0.1:3000", http.Header{"Sec-Fetch-Site": {"cross-site"}}, http.StatusForbidden},
		{"no host", "GET", "", nil, http.StatusForbidden},
	} {
		r := httptest.NewRequestWithContext(t.Context(), test.method, "/accounts", nil)
		r.Host, r.Header = test.host, test.header
		if r.Header == nil {
			r.Header = http.Header{}
		}
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, r); w.Code != test.want {
			t.Errorf("%s: %d, want %d", test.name, w.Code, test.want)
		}
	}
}

// TestRunnerIsGuarded: the running service refuses them, on the API's paths, on the WebSocket API's and on its own.
func TestRunnerIsGuarded(t *testing.T) {
	t.Parallel()
	p := launch(t, t.TempDir(), system(t), shared(t))
	defer func() { _ = p.signal(syscall.SIGKILL) }()
	for _, path := range []string{"/items", "/_socket", "/_local/functions/ProjectorFunction/environment"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "evil.example"
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
}
