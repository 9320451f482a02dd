package es

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es/internal/stored"
)

// Snapshot is an aggregate's state at the end of a commit.
type Snapshot struct {
	// At and Hash identify the commit. They are compared with the stream before the snapshot is used.
	At   StreamVersion
	Hash []byte
	// Version is the version of the state: the commit's last version.
	Version int64
	// Schema is the version of the state's shape. A snapshot of another schema is not used.
	Schema int
	// State is the state, as JSON.
	State json.RawMessage
	// After, if not 0, is the version of the snapshot that this one was folded from. It is then saved only if that one is
	// still stored: if it was forgotten, so must be what was folded from it. It is not stored.
	After int64
	// Commands are the stream's latest commands within the horizon. Blocks describe the older ones, oldest first. With
	// them a repeated command is recognized without reading its commit.
	Commands []KnownCommand
	Blocks   []CommandBlock
}

// SnapshotStore stores the latest snapshot of each stream. A lost snapshot costs only time. Each method may also return
// [ErrUnavailable] with its cause, and the context's error.
type SnapshotStore interface {
	// LoadSnapshot returns a stream's snapshot, or nil if it has none.
	//
	// Errors: an error that names a snapshot that cannot be read.
	LoadSnapshot(ctx context.Context, stream StreamID) (*Snapshot, error)

	// SaveSnapshot stores a snapshot, unless the stored one is newer, or has the same schema and version, or is not the one
	// that After names.
	//
	// Errors: [LimitError] if the snapshot is too large.
	SaveSnapshot(ctx context.Context, s Snapshot) error

	// ForgetSnapshot removes a stream's snapshot, and refuses every one that is saved later for the given version or an
	// earlier one. Call it after a person was forgotten, with the stream's current version: a process with a state from
	// before can't bring it back. The commands of its blocks stay.
	//
	// Errors: none of its own.
	ForgetSnapshot(ctx context.Context, stream StreamID, version int64) error

	// LoadCommands returns the commands of the given blocks of a stream, in the order in which they were saved. A block
	// that was saved before the snapshot that names it must be found.
	//
	// Errors: [ErrNoBlock].
	LoadCommands(ctx context.Context, stream StreamID, blocks ...CommandBlock) ([][]KnownCommand, error)

	// SaveCommands stores a block. The store may delete it once it has expired. Saving it again changes nothing.
	//
	// Errors: none of its own.
	SaveCommands(ctx context.Context, stream StreamID, block CommandBlock, commands []KnownCommand) error
}

// Cache holds states in the memory of this process, by stream. It must be safe for concurrent use and limited in size.
type Cache interface {
	Get(stream StreamID) (any, bool)
	Add(stream StreamID, folded any) (evicted bool)
}

// Snapshots sets where and how often a repository stores snapshots. The zero value stores none.
type Snapshots struct {
	// Store receives the snapshots. If nil, there are no snapshots.
	Store SnapshotStore
	// Every is the number of events between snapshots, at least 1.
	Every int
	// Schema is the version of the state's shape, from 1. Raise it whenever the state or its fold changes.
	Schema int
}

// RepositoryConfig sets how a repository avoids reading whole streams. The zero value always reads them whole.
type RepositoryConfig struct {
	Snapshots Snapshots
	// StateCache holds recent states in memory. If nil, none are kept. Do not share a cache between repositories.
	StateCache Cache
	// Horizon and HorizonCommands limit for how long, and how many commands back, a repeated command is recognized:
	// whichever is less. Default 24 hours and 100,000 commands per stream.
	Horizon         time.Duration
	HorizonCommands int
}

// Check returns an error if the configuration is invalid.
func (c RepositoryConfig) Check() error {
	s := c.Snapshots
	if s.Store != nil && (s.Every < 1 || s.Schema < 1) || c.Horizon < 0 ||
		c.HorizonCommands != 0 && c.HorizonCommands < stored.CommandsPerBlock {
		return fmt.Errorf("es.RepositoryConfig: Snapshots need Every (%d) and Schema (%d) from 1, Horizon (%v) must not be "+
			"negative, HorizonCommands (%d) must be 0 or at least %d",
			s.Every, s.Schema, c.Horizon, c.HorizonCommands, stored.CommandsPerBlock)
	}
	return nil
}
