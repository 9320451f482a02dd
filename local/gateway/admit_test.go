package gateway

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// doorman lets in who says the scope that is asked for.
type doorman struct{}

func (doorman) Authorize(header string, scopes []string) (map[string]string, int) {
	switch header {
	case "", "a b,a b":
		return nil, http.StatusUnauthorized
	case strings.Join(scopes, " "):
		return map[string]string{"sub": "ada", "exp": "1"}, http.StatusOK
	}
	return nil, http.StatusForbidden
}

// TestAdmit: requests without a good token reach no function, and are refused as API Gateway does it.
func TestAdmit(t *testing.T) {
	t.Parallel()
	f := &function{answer: `{"statusCode":204}`}
	a, err := New("api", "0", []Route{
		{Key: "GET /closed", Function: f, Timeout: time.Second, Scopes: []string{"a", "b"}},
		{Key: "GET /open", Function: f, Timeout: time.Second, Open: true},
	}, Options{Authorizer: doorman{}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path, header, body, challenge string
		status                        int
	}{
		{"/closed", "", `{"message":"Unauthorized"}`, "Bearer", 401},
		{"/closed", "x", `{"message":"Forbidden"}`, `Bearer scope="a b" error="insufficient_scope"`, 403},
		{"/closed", "a b", "", "", 204},
		{"/closed", "a b|a b", `{"message":"Unauthorized"}`, "Bearer", 401}, // twice the same is no token either
		{"/open", "", "", "", 204},
		{"/nowhere", "", `{"message":"Not Found"}`, "", 404},
	} {
		f.received = nil
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, test.path, nil)
		if test.header != "" {
			r.Header["Authorization"] = strings.Split(test.header, "|")
		}
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != test.status || w.Body.String() != test.body || w.Header().Get("Www-Authenticate") != test.challenge ||
			(f.received != nil) != (test.status == 204) {
			t.Errorf("%s with %q: status %d, body %s, headers %v; the function got %s",
				test.path, test.header, w.Code, w.Body, w.Header(), f.received)
		}
		if f.received == nil {
			continue
		}
		var e struct {
			RequestContext struct{ Authorizer json.RawMessage }
		}
		if err := json.Unmarshal(f.received, &e); err != nil {
			t.Fatal(err)
		}
		want := `{"jwt":{"claims":{"exp":"1","sub":"ada"},"scopes":["a","b"]}}`
		if test.path == "/open" {
			want = ""
		}
		if got := string(e.RequestContext.Authorizer); got != want {
			t.Errorf("%s: authorizer in the event: %s", test.path, got)
		}
	}
}

// TestThrottled: beyond rate and burst it is 429, and time brings more.
func TestThrottled(t *testing.T) {
	t.Parallel()
	a, err := New("api", "0", []Route{{
		Key: "GET /a", Function: &function{answer: `{"statusCode":204}`}, Timeout: time.Second,
	}},
		Options{Rate: 10, Burst: 3}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_700_000_000, 0)
	a.now = func() time.Time { return now }
	for _, test := range []struct {
		after time.Duration
		want  int
	}{
		{0, 204}, {0, 204}, {0, 204}, {0, 429}, {100 * time.Millisecond, 204},
		{0, 429}, {time.Hour, 204}, {0, 204}, {0, 204}, {0, 429},
	} {
		now = now.Add(test.after)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/a", nil))
		if w.Code != test.want || w.Code == 429 && w.Body.String() != `{"message":"Too Many Requests"}` {
			t.Errorf("after %s: %d %s, want %d", test.after, w.Code, w.Body, test.want)
		}
	}
}
