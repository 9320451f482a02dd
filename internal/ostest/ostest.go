// Package ostest gives tests a real OpenSearch: one server per test binary. Start with [URL].
//
// If OpenSearch is missing, tests fail with an error that says what to run. Tests that use this package have the build
// tag search.
package ostest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/local/opensearch"
)

// URL returns the server's address, such as http://127.0.0.1:20000. All tests of the binary share its indexes, so each
// names its own.
func URL(t testing.TB) string {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return server.URL()
}

var shared = sync.OnceValues(func() (*opensearch.Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	// No explicit stop: the server and its data end with the test binary.
	return opensearch.Start(ctx, opensearch.Config{})
})
