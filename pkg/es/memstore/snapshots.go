package memstore

import (
	"context"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// Snapshots keeps snapshots in memory, safe for concurrent use. The zero value is empty and ready.
type Snapshots struct {
	mu     sync.Mutex
	latest map[es.StreamID]es.Snapshot
}

var _ es.SnapshotStore = (*Snapshots)(nil)

// LoadSnapshot implements [es.SnapshotStore].
func (s *Snapshots) LoadSnapshot(ctx context.Context, stream es.StreamID) (*es.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if snapshot, ok := s.latest[stream]; ok {
		return &snapshot, ctx.Err()
	}
	return nil, ctx.Err()
}

// SaveSnapshot implements [es.SnapshotStore].
func (s *Snapshots) SaveSnapshot(ctx context.Context, snapshot es.Snapshot) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest == nil {
		s.latest = map[es.StreamID]es.Snapshot{}
	}
	if there := s.latest[snapshot.At.Stream]; there.Version < snapshot.Version || there.Schema != snapshot.Schema {
		s.latest[snapshot.At.Stream] = snapshot
	}
	return nil
}
