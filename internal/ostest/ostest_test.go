//go:build search

package ostest_test

import (
	"net/http"
	"testing"

	"github.com/annals-es/annals/internal/ostest"
)

// TestTestsShareAServer, which answers.
func TestTestsShareAServer(t *testing.T) {
	t.Parallel()
	url := ostest.URL(t)
	if other := ostest.URL(t); other != url {
		t.Errorf("a second call returns %s, want %s", other, url)
	}
	answer, err := http.Get(url + "/_cluster/health")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("health: %s", answer.Status)
	}
}
