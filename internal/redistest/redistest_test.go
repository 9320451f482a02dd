package redistest_test

import (
	"sync"
	"testing"

	client "github.com/redis/go-redis/v9"

	"github.com/annals-es/annals/internal/redistest"
)

func connect(t *testing.T, url string) *client.Client {
	t.Helper()
	options, err := client.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := client.NewClient(options)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestEachTestHasItsDatabase: tests beside each other write the same key. A database is emptied after its test.
func TestEachTestHasItsDatabase(t *testing.T) {
	t.Parallel()
	var urls sync.Map
	t.Run("tests", func(t *testing.T) {
		for _, name := range []string{"one", "two", "three"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				url := redistest.URL(t)
				if fresh, err := connect(t, url).SetNX(t.Context(), "key", name, 0).Result(); err != nil || !fresh {
					t.Errorf("another test's key is in the database: %t, %v", !fresh, err)
				}
				if other, taken := urls.LoadOrStore(url, name); taken {
					t.Errorf("%s and %s have the same database %s", other, name, url)
				}
			})
		}
	})
	urls.Range(func(url, name any) bool {
		if keys, err := connect(t, url.(string)).DBSize(t.Context()).Result(); err != nil || keys != 0 {
			t.Errorf("database %s has %d keys after its test %s, %v", url, keys, name, err)
		}
		return true
	})
}
