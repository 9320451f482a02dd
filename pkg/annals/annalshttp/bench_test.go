package annalshttp_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es/memstore"
)

// BenchmarkCommands measures how long a process takes to make the handler when it starts.
func BenchmarkCommands(b *testing.B) {
	running, err := school().Open(annals.Stores{Events: memstore.New()}, annals.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := annalshttp.Commands(running, annalshttp.Config{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBody measures a request up to the decision of its command. The course does not exist, so nothing is stored.
func BenchmarkBody(b *testing.B) {
	running, err := school().Open(annals.Stores{Events: memstore.New()}, annals.Config{})
	if err != nil {
		b.Fatal(err)
	}
	handler, err := annalshttp.Commands(running, annalshttp.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/courses/none/students",
			strings.NewReader(`{"student":"bob"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "k")
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
}
