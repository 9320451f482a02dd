package projection

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

var (
	// ErrStale says that what was stored has changed meanwhile: somebody else was there first. Nothing was written.
	ErrStale = errors.New("it was changed meanwhile")
	// ErrTooLarge says that a write has more, or larger, rows than one write can hold, or a number that has no room. Nothing was
	// written.
	ErrTooLarge = errors.New("the rows, or their numbers, are too large for one write")
	// ErrContended says that other writes of the same rows were in the way all the time. Nothing was written.
	ErrContended = errors.New("other writes of the same rows are in the way")
	// ErrCursor says that a cursor is none that a page of this list gave, or that what it goes on in is gone.
	ErrCursor = errors.New("the cursor is not one that this list gave, or too old: start without one")
)

// Checkpoint is how far a projection has come with a stream, and the stream's state there. The zero Checkpoint is the
// one before the first event.
type Checkpoint struct {
	// Version is the last version applied in full, Hash the hash of the commit that it is in.
	Version int64
	Hash    []byte
	// RowsWritten is the number of rows of the next event that are written already, in order. An event may have more rows
	// than fit into one transaction.
	RowsWritten int
	// At is when Version was applied, in microseconds, UTC. Zero = that was before times were kept.
	At time.Time
	// State is the stream's state, as JSON.
	State json.RawMessage
	// Owner is who created the stream: the actor of its first commit.
	Owner string
	// Behind says that deliveries no longer bring the stream forward, because too much is missing: the catch-up does.
	Behind bool
	// Parked is why the stream waits, nil if it doesn't.
	Parked *Parked
}

// Parked says why a stream waits for one projection.
type Parked struct {
	Reason Reason `json:"reason"`
	// Error is what went wrong. It may cite what the fold says, which may cite the event.
	Error string `json:"error"`
	// Version is that of the event that can't be applied; the checkpoint is before it.
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
	// Code is the build of the code that failed. Another build tries again by itself.
	Code string `json:"code"`
	// Attempts is how often it was tried by that code, where it may have ended the process each time.
	Attempts int `json:"attempts,omitempty"`
}

// Reason is a kind of failure.
type Reason string

// The reasons to park.
const (
	// Failed: the fold returned an error, or panicked, or the stored events can't be read.
	Failed Reason = "failed"
	// TooLarge: a row, or the state, is larger than can be stored.
	TooLarge Reason = "too-large"
	// NeedsNewerCode: the event's type or schema is not known to this code.
	NeedsNewerCode Reason = "needs-newer-code"
	// Crashed: the process ended, or ran out of time, while it tried to apply what is next.
	Crashed Reason = "crashed"
	// Unavailable: what a reaction needs can't be reached. It is tried again by itself: see [Reaction.Aside].
	Unavailable Reason = "unavailable"
)

// ParkedStream is a stream that waits.
type ParkedStream struct {
	Stream es.StreamID `json:"stream"`
	Parked
	// Seen is the highest version that was delivered meanwhile, 0 if none was. Nothing of it is lost: a retry reads it
	// from the event store.
	Seen int64 `json:"seen,omitempty"`
}

// CheckpointUpdate replaces the checkpoint of a stream, if it is still Prev, by Next.
type CheckpointUpdate struct {
	Stream     es.StreamID
	Prev, Next Checkpoint
}

// View stores one projection's checkpoints and rows. All reads are strongly consistent. Each method may also return
// [es.ErrUnavailable], besides the cause: the same may succeed later, and a rebuild waits for that.
type View interface {
	// MaxWrites is the most checkpoints and rows together that one Save can write, from 3. A checkpoint that was parked
	// may count twice.
	MaxWrites() int

	// Checkpoints returns the checkpoints of streams; those that have none are not in it.
	Checkpoints(ctx context.Context, g Generation, streams ...es.StreamID) (map[es.StreamID]Checkpoint, error)

	// Save replaces checkpoints and writes rows, all or nothing. A checkpoint that was parked is so no longer.
	//
	// Errors: [ErrStale] if a checkpoint is no longer its Prev; [ErrTooLarge]; [ErrContended].
	Save(ctx context.Context, g Generation, moves []CheckpointUpdate, rows []Write) error

	// Park parks a stream, with the checkpoint left as it is. Every checkpoint that was saved leaves room for that; a long
	// error is cut.
	//
	// Errors: [ErrStale] if the checkpoint is no longer prev.
	Park(ctx context.Context, g Generation, stream es.StreamID, prev Checkpoint, p Parked) error

	// Seen remembers that a version of a parked stream was delivered.
	//
	// Errors: [ErrStale] if it is not parked (any longer): whoever tried it again may have missed that version.
	Seen(ctx context.Context, g Generation, stream es.StreamID, version int64) error

	// Parked yields the streams that wait.
	Parked(ctx context.Context, g Generation) iter.Seq2[ParkedStream, error]

	// Rows reads rows by their keys: own rows in Row, counters in Counters; those that are not there are not in it.
	Rows(ctx context.Context, g Generation, keys ...RowKey) (map[RowKey]Row, error)

	// Keys yields the keys of all rows that a generation has, of counters too, in no order.
	Keys(ctx context.Context, g Generation) iter.Seq2[RowKey, error]

	// Drop removes all that a generation has. Interrupted, it goes on where it is called again.
	Drop(ctx context.Context, g Generation) error
}

// RowKey is where a row is. Shared rows, which hold counters, are apart from those that a stream owns.
type RowKey struct {
	Key
	Shared bool
}

// Row is a stored row.
type Row struct {
	// Row is the row as JSON, of one that a stream owns.
	Row json.RawMessage
	// Counters are those of a shared row.
	Counters map[string]Number
}
