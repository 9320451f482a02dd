package sqlview_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/annals-es/annals/internal/pgtest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/sqlview"
	"github.com/annals-es/annals/pkg/es/projection/viewtest"
)

// TestView: each view has a schema of its own in one database, which is faster than a database.
func TestView(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	var schemas atomic.Int64
	t.Run("suite", func(t *testing.T) {
		viewtest.RunView(t, func(*testing.T) projection.View {
			schema := fmt.Sprint("s", schemas.Add(1))
			return sqlview.New(pool, sales(1), sqlview.Config{Schema: schema, People: schema})
		})
	})
}
