package runner

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
)

// TestGuard: pages of other sites neither send commands nor read, whatever browsers let them try without asking first.
func TestGuard(t *testing.T) {
	t.Parallel()
	shop := func(origin string) bool { return origin == "https://shop.example.org" }
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	handler := guarded(nothing, shop, place{func(path string) bool { return path == "/_own" }, nothing})
	for _, test := range []struct {
		name, method, host string
		header             http.Header
		want               int
		path               string
	}{
		{"curl", "POST", "127.0.0.1:3000", nil, http.StatusOK, ""},
		{"another name", "GET", "localhost:3000", nil, http.StatusOK, ""},
		{"IPv6", "GET", "[::1]:3000", nil, http.StatusOK, ""},
		{"without a port", "GET", "[::1]", nil, http.StatusOK, ""},
		{"a page of its own", "POST", "localhost:3000", http.Header{"Origin": {"http://localhost:3000"}}, http.StatusOK, ""},
		{"a page by its name that leads here", "GET", "evil.example:3000", nil, http.StatusForbidden, ""},
		{
			"that page, of itself", "POST", "evil.example:3000",
			http.Header{"Origin": {"http://evil.example:3000"}}, http.StatusForbidden, "",
		},
		{"a form", "POST", "127.0.0.1:3000", http.Header{"Origin": {"http://evil.example"}}, http.StatusForbidden, ""},
		{"a form in a frame", "POST", "127.0.0.1:3000", http.Header{"Origin": {"null"}}, http.StatusForbidden, ""},
		{"a fetch", "POST", "127.0.0.1:3000", http.Header{"Sec-Fetch-Site": {"cross-site"}}, http.StatusForbidden, ""},
		{"no host", "GET", "", nil, http.StatusForbidden, ""},
		{
			"an allowed page", "POST", "127.0.0.1:3000",
			http.Header{"Origin": {"https://shop.example.org"}, "Sec-Fetch-Site": {"cross-site"}}, http.StatusOK, "",
		},
		{
			"an allowed page by another name", "POST", "evil.example",
			http.Header{"Origin": {"https://shop.example.org"}}, http.StatusForbidden, "",
		},
		{
			"an allowed page to another place", "POST", "127.0.0.1:3000",
			http.Header{"Origin": {"https://shop.example.org"}}, http.StatusForbidden, "/_own",
		},
		{"curl to another place", "POST", "127.0.0.1:3000", nil, http.StatusOK, "/_own"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), test.method, cmp.Or(test.path, "/accounts"), nil)
		r.Host, r.Header = test.host, test.header
		if r.Header == nil {
			r.Header = http.Header{}
		}
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, r); w.Code != test.want {
			t.Errorf("%s: status %d, want %d", test.name, w.Code, test.want)
		}
		if says := w.Body.String(); w.Code == http.StatusForbidden && !strings.Contains(says, "the setting origins") &&
			!strings.Contains(says, "use 127.0.0.1") {
			t.Errorf("%s: refused with %s, want text that says what to do", test.name, says)
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
			t.Errorf("%s from a page of another site: status %d, want 403", path, answer.StatusCode)
		}
	}
}

// TestPagesOfOrigins: pages of the origins in the template send to the API and read its answers, on no other path;
// pages of others do neither.
func TestPagesOfOrigins(t *testing.T) {
	t.Parallel()
	p := launch(t, t.TempDir(), system(t), shared(t))
	defer func() { _ = p.signal(syscall.SIGKILL) }()
	for _, test := range []struct {
		method, path, origin string
		status               int
		allowed              string
	}{
		{"POST", "/items/a", "https://shop.example.org", http.StatusCreated, "https://shop.example.org"},
		{"GET", "/nowhere", "https://shop.example.org", http.StatusNotFound, "https://shop.example.org"},
		{"OPTIONS", "/messages/a", "https://shop.example.org", http.StatusNoContent, "https://shop.example.org"},
		{"OPTIONS", "/messages/a", "https://evil.example", http.StatusNoContent, ""},
		{"POST", "/items/b", "https://evil.example", http.StatusForbidden, ""},
		{"POST", "/_local/schedules/Tick", "https://shop.example.org", http.StatusForbidden, ""},
		{"POST", "/_socket/@connections/x", "https://shop.example.org", http.StatusForbidden, ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, p.address+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", test.origin)
		if test.method == http.MethodOptions {
			r.Header.Set("Access-Control-Request-Method", "POST")
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if allowed := answer.Header.Get("Access-Control-Allow-Origin"); answer.StatusCode != test.status ||
			allowed != test.allowed {
			t.Errorf("%s %s from %s: %d, allowed to %q", test.method, test.path, test.origin, answer.StatusCode, allowed)
		}
	}
}
