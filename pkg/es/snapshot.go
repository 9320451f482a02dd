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
	// At is where the commit starts, Hash its hash: it is compared with the stream before the snapshot is used.
	At   StreamVersion
	Hash []byte
	// Version is the commit's last version: that of the state.
	Version int64
	// Schema is the version of the state's shape; another one makes the snapshot useless.
	Schema int
	// State is the state, as JSON.
	State json.RawMessage
	// Commands are the latest commands of the stream within the horizon, Blocks name the others, oldest first: so a
	// repeat is recognised without the commits.
	Commands []KnownCommand
	Blocks   []CommandBlock
}

// SnapshotStore keeps the latest snapshot of each stream. Losing one costs time, nothing else. Each method may also return
// [ErrUnavailable], besides the cause, and the context's error.
type SnapshotStore interface {
	// LoadSnapshot returns a stream's snapshot, nil if there is none.
	//
	// Errors: one that names a snapshot that can't be read.
	LoadSnapshot(ctx context.Context, stream StreamID) (*Snapshot, error)

	// SaveSnapshot keeps a snapshot, unless there is one of the same schema that is not older.
	//
	// Errors: [LimitError] if it is too large to be kept.
	SaveSnapshot(ctx context.Context, s Snapshot) error

	// LoadCommands returns the commands of blocks of a stream, of each block as they were saved. A block that was saved
	// before the snapshot which names it is found.
	//
	// Errors: [ErrNoBlock].
	LoadCommands(ctx context.Context, stream StreamID, blocks ...CommandBlock) ([][]KnownCommand, error)

	// SaveCommands keeps a block, which may be removed once it has expired. Saving it again changes nothing.
	//
	// Errors: none of its own.
	SaveCommands(ctx context.Context, stream StreamID, block CommandBlock, commands []KnownCommand) error
}

// Cache keeps states in the memory of this process, by stream. It must be safe for concurrent use, and bounded.
type Cache interface {
	Get(stream StreamID) (any, bool)
	Add(stream StreamID, folded any) (evicted bool)
}

// Snapshots says where and how often a repository keeps snapshots. The zero value keeps none.
type Snapshots struct {
	// Store keeps them. If nil, there are no snapshots.
	Store SnapshotStore
	// Every is the number of events from one snapshot to the next, from 1.
	Every int
	// Schema is the version of the state's shape, from 1. Raise it whenever the state or its fold changes.
	Schema int
}

// RepositoryConfig says how a repository avoids folding the whole stream. The zero value always folds it.
type RepositoryConfig struct {
	Snapshots Snapshots
	// StateCache keeps recent states in memory. If nil, none are kept. Each repository needs a cache of its own.
	StateCache Cache
	// Horizon is how long a repeated command is recognised at least, HorizonCommands how many of a stream's latest
	// commands are, whichever is less. Default 24 hours, and 100,000.
	Horizon         time.Duration
	HorizonCommands int
}

// Check returns an error if the configuration can't be what the program means.
func (c RepositoryConfig) Check() error {
	s := c.Snapshots
	if s.Store != nil && (s.Every < 1 || s.Schema < 1) || c.Horizon < 0 ||
		c.HorizonCommands != 0 && c.HorizonCommands < stored.CommandsPerBlock {
		return fmt.Errorf("es.RepositoryConfig: snapshots need Every (%d) and Schema (%d) from 1, Horizon (%v) must not be "+
			"negative, HorizonCommands (%d) must be at least %d", s.Every, s.Schema, c.Horizon, c.HorizonCommands, stored.CommandsPerBlock)
	}
	return nil
}
