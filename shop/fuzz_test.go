package shop_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
)

// FuzzCommand: no path, header or body makes a command fail with a server error: it is executed, or refused with a
// problem that says why.
func FuzzCommand(f *testing.F) {
	seeds := []struct{ id, header, value, body string }{
		{
			"a-1", "Idempotency-Key", "k",
			`{"accountId":"a-1","ownerName":"Ada","initialDeposit":{"amount":"1.00","currency":"EUR"}}`,
		},
		{"a%2F1", "If-Match", `"7"`, `{"amount":{"amount":"1.00","currency":"EUR"}}`},
		{"", "If-Match", `W/"7", *`, `{"amount":{"amount":"1e999999999","currency":"EUR"}}`},
		{"\x00", "Occurred-At", "2026-13-31T12:00:00Z", `[]`},
		{"%ff", "X-Correlation-Id", strings.Repeat("x", 300), `{"quantity":9223372036854775808}`},
		{"ü#@", "Content-Type", "text/html", `{"a":`},
		{"o", "Idempotency-Key", "\u2028", `null`},
	}
	all := slices.DeleteFunc(slices.Clone(operations), func(o *annals.Operation) bool { return !o.Kind.Commands() })
	for route := range all {
		s := seeds[route%len(seeds)]
		f.Add(route, s.id, s.header, s.value, s.body)
		f.Add(route, "a-1", "Idempotency-Key", "k", `{"amount":{"amount":"1.00","currency":"EUR"}}`)
	}
	for i, s := range seeds {
		f.Add(i, s.id, s.header, s.value, s.body)
	}
	f.Fuzz(func(t *testing.T, route int, id, header, value, body string) {
		r := all[((route%len(all))+len(all))%len(all)]
		request := httptest.NewRequest(r.Method, "/", strings.NewReader(body))
		path := strings.NewReplacer("{id}", id, "{productId}", id).Replace(r.Path)
		request.URL.Path, request.RequestURI = path, path
		request.Header.Set("Content-Type", "application/json")
		if header != "" {
			request.Header[http.CanonicalHeaderKey(header)] = []string{value}
		}
		recorder := httptest.NewRecorder()
		existing(t).handler.ServeHTTP(recorder, request)
		if recorder.Code >= 500 {
			t.Errorf("%s %q, header %s: %q, body %q: status %d, answer %s; want less than 500",
				r.Method, path, header, value, body, recorder.Code, recorder.Body)
		}
		kind := recorder.Header().Get("Content-Type")
		if recorder.Code >= 400 && recorder.Code != http.StatusNotFound && recorder.Code != http.StatusMethodNotAllowed &&
			kind != "application/problem+json" {
			t.Errorf("%s %q, header %s: %q: status %d as %q, want a problem", r.Method, path, header, value, recorder.Code, kind)
		}
	})
}

// existing serves an account, an order and a product, all with id a-1, so that commands reach their decision.
func existing(t *testing.T) *client {
	t.Helper()
	c := newClient(t)
	for _, post := range []struct{ path, body string }{
		{"/accounts", `{"accountId":"a-1","ownerName":"Ada","initialDeposit":{"amount":"1.00","currency":"EUR"}}`},
		{"/products", `{"productId":"a-1","name":"Tea","unitPrice":{"amount":"9.50","currency":"EUR"}}`},
		{
			"/orders",
			`{"orderId":"a-1","customerId":"ada","items":[{"productId":"a-1","quantity":2,"unitPrice":{"amount":"9.50",` +
				`"currency":"EUR"}}]}`,
		},
	} {
		request := httptest.NewRequest(http.MethodPost, post.path, strings.NewReader(post.body))
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		if c.handler.ServeHTTP(recorder, request); recorder.Code >= 300 {
			t.Fatalf("POST %s: status %d, body %s; want less than 300", post.path, recorder.Code, recorder.Body)
		}
	}
	return c
}
