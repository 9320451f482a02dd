package httpapi_test

import (
	"testing"

	"github.com/annals-es/annals/internal/aggregates"
	"github.com/annals-es/annals/internal/httpapi"
)

// BenchmarkCommands is what the operations cost a process when it starts.
func BenchmarkCommands(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		httpapi.Commands(aggregates.All{}, nil, httpapi.Config{})
	}
}
