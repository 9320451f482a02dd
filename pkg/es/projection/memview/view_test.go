package memview_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	"github.com/annals-es/annals/pkg/es/projection/viewtest"
)

func TestView(t *testing.T) {
	t.Parallel()
	viewtest.RunView(t, func(*testing.T) projection.View { return memview.New() })
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	viewtest.RunCatalog(t, func(*testing.T) projection.Catalog { return memview.NewCatalog() })
}

func TestEngine(t *testing.T) {
	t.Parallel()
	viewtest.RunEngine(t, func(*testing.T) projection.View { return memview.New() })
}

// TestCache: the suites know a store that can lose what it holds.
func TestCache(t *testing.T) {
	t.Parallel()
	open := func(*testing.T) projection.View {
		return &cache{View: memview.New(), has: map[projection.Generation]bool{}}
	}
	t.Run("view", func(t *testing.T) {
		t.Parallel()
		viewtest.RunView(t, open)
	})
	t.Run("engine", func(t *testing.T) {
		t.Parallel()
		viewtest.RunEngine(t, open)
	})
}

func TestImpossibleConfig(t *testing.T) {
	t.Parallel()
	for _, cfg := range []memview.Config{{MaxWrites: 2}, {MaxItemBytes: -1}, {MaxBytes: -1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("view with %+v: want a panic", cfg)
				}
			}()
			memview.New(cfg)
		}()
	}
}
