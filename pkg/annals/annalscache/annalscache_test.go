package annalscache

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/annals-es/annals/internal/redistest"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestOpen: the address says whether it is a cluster, and whether there is TLS. It connects to nothing. A password is
// in no error.
func TestOpen(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"redis://127.0.0.1:1/7": "server", "rediss://cache.example:6379": "server with TLS",
		"rediss://cache.example:6379?cluster=on": "cluster with TLS", "redis://cache.example:6379?cluster=off": "server",
		"": "error", "http://cache.example": "error", "redis://:secret@cache.example:x": "error", "redis://h?cluster=perhaps": "error",
	} {
		got := "error"
		client, err := open(address)
		switch c := client.(type) {
		case *redis.Client:
			got = "server"
			if c.Options().TLSConfig != nil {
				got += " with TLS"
			}
		case *redis.ClusterClient:
			got = "cluster"
			if c.Options().TLSConfig != nil {
				got += " with TLS"
			}
		}
		if got != want || (err != nil) != (want == "error") {
			t.Errorf("%q: %s, %v, want %s", address, got, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error has the password: %v", address, err)
		}
	}
}

// TestView: the view reads and writes on a real server.
func TestView(t *testing.T) {
	t.Parallel()
	url := redistest.URL(t)
	opened, err := Open(annalslambda.Deployment{}, func(env string) string {
		return map[string]string{annalsaws.CacheURLEnv: url}[env]
	})
	if err != nil {
		t.Fatal(err)
	}
	m := &annals.DeclaredReadModel{}
	m.Projection = projection.New("visits", 1, projection.Source[struct{}]{})
	view := opened.View(m)
	if err := view.(projection.Preparing).Prepare(t.Context(), 1); err != nil {
		t.Error(err)
	}
	if at, err := view.Checkpoints(t.Context(), 1); err != nil || len(at) != 0 {
		t.Errorf("checkpoints: %v, %v", at, err)
	}
}
