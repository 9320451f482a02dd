package memstore

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// Snapshots stores snapshots in memory. It is safe for concurrent use. The zero value is ready to use.
type Snapshots struct {
	mu     sync.Mutex
	latest map[es.StreamID]es.Snapshot
	blocks map[block][]es.KnownCommand
}

// block is the key of a block of commands.
type block struct {
	first es.StreamVersion
	last  int64
	hash  string
}

func blockOf(stream es.StreamID, b es.CommandBlock) block {
	return block{es.StreamVersion{Stream: stream, Version: b.First}, b.Last, string(b.Hash)}
}

var _ es.SnapshotStore = (*Snapshots)(nil)

// LoadSnapshot implements [es.SnapshotStore].
func (s *Snapshots) LoadSnapshot(ctx context.Context, stream es.StreamID) (*es.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if snapshot, ok := s.latest[stream]; ok && snapshot.Schema > 0 {
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
	there := s.latest[snapshot.At.Stream]
	if after := snapshot.After; after != 0 && after != there.Version {
		return nil
	}
	snapshot.After = 0
	if there.Version < snapshot.Version || there.Version == snapshot.Version && there.Schema != snapshot.Schema {
		s.latest[snapshot.At.Stream] = snapshot
	}
	return nil
}

// ForgetSnapshot implements [es.SnapshotStore]: an empty snapshot of the next version stays.
func (s *Snapshots) ForgetSnapshot(ctx context.Context, stream es.StreamID, version int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest == nil {
		s.latest = map[es.StreamID]es.Snapshot{}
	}
	s.latest[stream] = es.Snapshot{Version: version + 1}
	return nil
}

// LoadCommands implements [es.SnapshotStore].
func (s *Snapshots) LoadCommands(
	ctx context.Context, stream es.StreamID, blocks ...es.CommandBlock,
) ([][]es.KnownCommand, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([][]es.KnownCommand, len(blocks))
	for i, b := range blocks {
		commands, there := s.blocks[blockOf(stream, b)]
		if !there {
			return nil, fmt.Errorf("load commands of %s, versions %d to %d: %w", stream, b.First, b.Last, es.ErrNoBlock)
		}
		all[i] = slices.Clone(commands)
	}
	return all, ctx.Err()
}

// SaveCommands implements [es.SnapshotStore].
func (s *Snapshots) SaveCommands(
	ctx context.Context, stream es.StreamID, b es.CommandBlock, commands []es.KnownCommand,
) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blocks == nil {
		s.blocks = map[block][]es.KnownCommand{}
	}
	s.blocks[blockOf(stream, b)] = slices.Clone(commands)
	return nil
}
