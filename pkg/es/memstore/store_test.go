package memstore_test

import (
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.RunSnapshots(t, func(*testing.T) es.SnapshotStore { return &memstore.Snapshots{} })
	storetest.RunDeadline(t, func(_ *testing.T, now func() time.Time) es.Store {
		return memstore.New(memstore.Config{Now: now})
	})
	storetest.Run(t, func(_ *testing.T, now func() time.Time) es.Store { return memstore.New(memstore.Config{Now: now}) })
}
