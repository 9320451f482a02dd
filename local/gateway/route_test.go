package gateway

import (
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// target is where a request leads.
type target struct {
	key        string
	parameters map[string]string
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	keys := []string{
		"$default", "GET /", "GET /products/{id}", "GET /products/sales", "POST /products/{id}/price",
		"GET /products/{id}/sales",
		"ANY /products/{proxy+}", "GET /a/{x}/c", "GET /{y}/b/c", "ANY /a/b", "POST /a/b", "GET /files/{rest+}",
		"GET /files/x/{rest+}",
	}
	tests := map[string]target{
		"GET /":                     {"GET /", map[string]string{}},
		"GET /products/sales":       {"GET /products/sales", map[string]string{}},
		"GET /products/77":          {"GET /products/{id}", map[string]string{"id": "77"}},
		"GET /products/sales/sales": {"GET /products/{id}/sales", map[string]string{"id": "sales"}},
		"GET /products/%C3%A4%2Fb":  {"GET /products/{id}", map[string]string{"id": "ä/b"}},
		"POST /products/1/price":    {"POST /products/{id}/price", map[string]string{"id": "1"}},
		"DELETE /products/1/price":  {"ANY /products/{proxy+}", map[string]string{"proxy": "1/price"}},
		"PUT /products/1/2%203":     {"ANY /products/{proxy+}", map[string]string{"proxy": "1/2 3"}},
		"GET /products/":            {"$default", map[string]string{}},
		"GET /products":             {"$default", map[string]string{}},
		"GET /a/b/c":                {"GET /a/{x}/c", map[string]string{"x": "b"}},
		"GET /z/b/c":                {"GET /{y}/b/c", map[string]string{"y": "z"}},
		"POST /a/b":                 {"POST /a/b", map[string]string{}},
		"PUT /a/b":                  {"ANY /a/b", map[string]string{}},
		"GET /files/x/y":            {"GET /files/x/{rest+}", map[string]string{"rest": "y"}},
		"GET /files/x":              {"GET /files/{rest+}", map[string]string{"rest": "x"}},
		"GET /A/b":                  {"$default", map[string]string{}},
		"GET /nowhere/at/all":       {"$default", map[string]string{}},
	}
	for range 2 {
		checkRoutes(t, keys, tests)
		slices.Reverse(keys) // the order of declaration must not matter
	}
}

func checkRoutes(t *testing.T, keys []string, tests map[string]target) {
	t.Helper()
	for request, want := range tests {
		routes := make([]Route, len(keys))
		for i, key := range keys {
			routes[i] = Route{Key: key}
		}
		a, err := New("", "", routes, Options{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		method, path, _ := strings.Cut(request, " ")
		found, parameters := a.find(httptest.NewRequest(method, path, nil))
		if found == nil || found.Key != want.key {
			t.Errorf("%s leads to %+v, want %s", request, found, want.key)
			continue
		}
		if diff := cmp.Diff(want.parameters, parameters); diff != "" {
			t.Errorf("%s: path parameters (-want +got):\n%s", request, diff)
		}
	}
}

func TestNoRoute(t *testing.T) {
	t.Parallel()
	got := serve(t, "GET /a", &function{}, httptest.NewRequest("POST", "/a", nil))
	if got.StatusCode != 404 {
		t.Errorf("POST to a route of GET: status %d, want 404", got.StatusCode)
	}
}

func TestBadRouteKeys(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "GET", "GET a", "GET /{rest+}/a"} {
		if _, err := New("", "", []Route{{Key: key}}, Options{}, nil); err == nil {
			t.Errorf("route %q: no error", key)
		}
	}
}
