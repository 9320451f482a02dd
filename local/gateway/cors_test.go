package gateway

import (
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var hour = 3600

// shop allows the pages of one origin.
var shop = &CORS{
	AllowOrigins: []string{"https://shop.example.org"}, AllowMethods: []string{"GET", "POST"},
	AllowHeaders: []string{"authorization", "content-type"}, ExposeHeaders: []string{"etag", "location"}, MaxAge: &hour,
}

// ask sends a request to an API with CORS and returns the status and the headers of CORS, without their prefix.
func ask(t *testing.T, c *CORS, f *function, r *http.Request) (int, map[string]string) {
	t.Helper()
	routes := []Route{
		{Key: "POST /orders", Function: f, Timeout: time.Second},
		{Key: "GET /closed", Function: f, Timeout: time.Second, Scopes: []string{"a"}},
		{Key: "OPTIONS /own", Function: f, Timeout: time.Second, Open: true},
	}
	routes[0].Open = true
	a, err := New("api", "0", routes, Options{CORS: c, Authorizer: doorman{}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	headers := map[string]string{}
	for name, values := range w.Header() {
		if short, ok := strings.CutPrefix(name, "Access-Control-"); ok {
			headers[short] = strings.Join(values, "|")
		}
	}
	return w.Code, headers
}

func from(origin, method, path string) *http.Request {
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Origin", origin)
	return r
}

func asking(origin, path string) *http.Request {
	r := from(origin, http.MethodOptions, path)
	r.Header.Set("Access-Control-Request-Method", "POST")
	return r
}

// TestPreflight: the API answers preflights itself, whatever the path, without asking for a token.
func TestPreflight(t *testing.T) {
	t.Parallel()
	allowed := map[string]string{
		"Allow-Origin": "https://shop.example.org", "Allow-Methods": "GET,POST",
		"Allow-Headers": "authorization,content-type", "Max-Age": "3600",
	}
	with := func(name, value string) map[string]string {
		m := maps.Clone(allowed)
		m[name] = value
		return m
	}
	wild, schemes, credentials := *shop, *shop, *shop
	wild.AllowOrigins, schemes.AllowOrigins = []string{"*"}, []string{"https://*"}
	credentials.AllowCredentials = true
	for name, test := range map[string]struct {
		cors   *CORS
		r      *http.Request
		status int
		want   map[string]string
	}{
		"allowed":             {shop, asking("https://shop.example.org", "/orders"), 204, allowed},
		"a path without any":  {shop, asking("https://shop.example.org", "/nowhere"), 204, allowed},
		"asks for a token":    {shop, asking("https://shop.example.org", "/closed"), 204, allowed},
		"another origin":      {shop, asking("https://evil.example", "/orders"), 204, nil},
		"no page":             {shop, asking("null", "/orders"), 204, nil},
		"its name in another": {shop, asking("https://shop.example.org.evil.example", "/orders"), 204, nil},
		"any":                 {&wild, asking("https://evil.example", "/orders"), 204, with("Allow-Origin", "*")},
		"any by https": {
			&schemes, asking("https://a.example", "/orders"), 204, with("Allow-Origin", "https://a.example"),
		},
		"not by http": {&schemes, asking("http://a.example", "/orders"), 204, nil},
		"with credentials": {
			&credentials, asking("https://shop.example.org", "/orders"), 204, with("Allow-Credentials", "true"),
		},
		"no preflight": {shop, from("https://shop.example.org", http.MethodOptions, "/orders"), 404, nil},
		"no CORS":      {nil, asking("https://shop.example.org", "/orders"), 404, nil},
	} {
		f := &function{answer: `{"statusCode":200}`}
		status, got := ask(t, test.cors, f, test.r)
		if diff := cmp.Diff(test.want, none(got)); status != test.status || diff != "" || f.received != nil {
			t.Errorf("%s: status %d, want %d; headers (-want +got):\n%s", name, status, test.status, diff)
		}
	}
}

func none(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	return m
}

// TestAnswersToPages: answers to pages of allowed origins have the headers, failures too, and only the configured ones.
func TestAnswersToPages(t *testing.T) {
	t.Parallel()
	want := map[string]string{"Allow-Origin": "https://shop.example.org", "Expose-Headers": "etag,location"}
	const own = `{"statusCode":201,"headers":{"access-control-allow-origin":"*","Access-Control-Allow-Methods":"PUT"}}`
	for name, test := range map[string]struct {
		cors   *CORS
		f      *function
		r      *http.Request
		status int
		want   map[string]string
	}{
		"an answer": {
			shop, &function{answer: `{"statusCode":201}`}, from("https://shop.example.org", "POST", "/orders"), 201, want,
		},
		"the function's": {shop, &function{answer: own}, from("https://shop.example.org", "POST", "/orders"), 201, want},
		"another origin": {shop, &function{answer: own}, from("https://evil.example", "POST", "/orders"), 201, nil},
		"no origin":      {shop, &function{answer: own}, httptest.NewRequest("POST", "/orders", nil), 201, nil},
		"no route":       {shop, &function{}, from("https://shop.example.org", "GET", "/nowhere"), 404, want},
		"no token":       {shop, &function{}, from("https://shop.example.org", "GET", "/closed"), 401, want},
		"a failure": {
			shop, &function{err: errors.New("x")}, from("https://shop.example.org", "POST", "/orders"), 500, want,
		},
		"a route of OPTION": {
			shop, &function{answer: `{"statusCode":200}`}, from("https://shop.example.org", "OPTIONS", "/own"), 200, nil,
		},
		"no CORS": {
			nil, &function{answer: own}, from("https://evil.example", "POST", "/orders"), 201,
			map[string]string{"Allow-Origin": "*", "Allow-Methods": "PUT"},
		},
	} {
		status, got := ask(t, test.cors, test.f, test.r)
		if diff := cmp.Diff(test.want, none(got)); status != test.status || diff != "" {
			t.Errorf("%s: status %d, want %d; headers (-want +got):\n%s", name, status, test.status, diff)
		}
	}
}

// TestAllows: no origin is allowed by default, and none by being empty.
func TestAllows(t *testing.T) {
	t.Parallel()
	all := &CORS{AllowOrigins: []string{"*"}}
	got := []bool{
		(*CORS)(nil).Allows("https://a.example"), all.Allows(""), all.Allows("null"),
		shop.Allows("https://shop.example.org"), shop.Allows("*"),
	}
	if want := []bool{false, false, true, true, false}; !slices.Equal(got, want) {
		t.Errorf("requests that are preflights: %v, want %v", got, want)
	}
}
