package shop_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkCommands measures what the operations cost a process at its start.
func BenchmarkCommands(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		newClient(b)
	}
}

// BenchmarkBody measures what a request costs before its command is decided: headers, query and body. The account does
// not exist, so nothing is stored.
func BenchmarkBody(b *testing.B) {
	handler := newClient(b).handler
	for name, text := range map[string]struct{ path, body string }{
		"deposit": {"/accounts/none/deposits", usd5},
		"order": {"/orders", `{"customerId":"c","items":[` +
			strings.Repeat(`{"productId":"p","quantity":1,"unitPrice":{"amount":"1.00","currency":"USD"}},`, 98) +
			`{"productId":"p","quantity":0,"unitPrice":{"amount":"1.00","currency":"USD"}}]}`},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, text.path, strings.NewReader(text.body))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Idempotency-Key", "k")
				handler.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}
