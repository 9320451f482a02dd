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
