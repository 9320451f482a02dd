package projection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

var (
	// ErrStale says that another process has stored a newer version of the checkpoint or record. Nothing was written: read it
	// again.
	ErrStale = errors.New("stale: another process has stored a newer version")
	// ErrTooLarge says that a write has more, or larger, rows than one write can hold, or a number that has no room. Nothing was
	// written.
	ErrTooLarge = errors.New("the rows, or their numbers, are too large for one write")
	// ErrContended says that each attempt conflicted with other transactions on the same rows. Nothing was written: try again
	// later.
	ErrContended = errors.New("contended: each attempt conflicted with other transactions on the same rows")
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
	// Rises are the versions from which a higher epoch counts, ascending in both. None: the epoch is 0.
	Rises []Rise
	// Appended is how many rows the stream has appended up to Version.
	Appended int64
	// Slots are the places of the document in the projection's lists, by the number of the list; a zero Slot: it is not in
	// that list. Zero slots at the end are not stored.
	Slots []Slot
}

// Rise says that an epoch began: the events from a version on are folded again, or may be.
type Rise struct {
	From  int64 `json:"from"`
	Epoch int   `json:"epoch"`
}

// Epoch is how often the stream's events were folded again.
func (c Checkpoint) Epoch() int {
	if len(c.Rises) == 0 {
		return 0
	}
	return c.Rises[len(c.Rises)-1].Epoch
}

// EpochAt is the epoch in which the event at a version was folded: an append row of that version counts if its epoch is not
// lower.
func (c Checkpoint) EpochAt(version int64) int {
	epoch := 0
	for _, r := range c.Rises {
		if r.From <= version {
			epoch = r.Epoch
		}
	}
	return epoch
}

// Raised is the checkpoint with a higher epoch for all events from a version on.
func (c Checkpoint) Raised(from int64) Checkpoint {
	next := Rise{From: from, Epoch: c.Epoch() + 1}
	c.Rises = slices.DeleteFunc(slices.Clone(c.Rises), func(r Rise) bool { return r.From >= from })
	c.Rises = append(c.Rises, next)
	return c
}

// Shows tells whether an append row counts: it is not empty, the checkpoint has come to its version, and no later epoch
// replaced it.
func (c Checkpoint) Shows(r AppendRow) bool {
	version := r.Version()
	return len(r.Row) > 0 && version > 0 && version <= c.Version && r.Epoch >= c.EpochAt(version)
}

// Slot is the place of a document in a list, with the row that the list shows.
type Slot struct {
	// Key is the place. Its sort key ends with the stream: see [OwnKey].
	Key
	Row json.RawMessage
}

// AppendRow is a row that never changes, of one event. Its sort key is [AppendKey]'s.
type AppendRow struct {
	Key   Key
	Epoch int
	// Row is the row as JSON. If it is empty, the event makes no such row any more: the empty row takes the place of the one
	// of an earlier epoch, and counts for nobody. If it were deleted, a process that is late could append it again.
	Row json.RawMessage
}

// AppendKey is the place of a row that an event appends to a partition: the event's version, and the place among the rows of
// that stored event, then the stream. So rows of a partition are ordered by version, and no two have the same key.
func AppendKey(partition string, stream es.StreamID, version int64, place int) Key {
	return Key{Partition: partition, Sort: fmt.Sprintf("%019d~%05d|%s", version, place, stream)}
}

// appendedBy is the stream that appended a row.
func appendedBy(at Key) (es.StreamID, error) {
	_, stream, _ := strings.Cut(at.Sort, "|")
	return es.ParseStreamID(stream)
}

// Version is the version of the event that made the row, 0 if its key is not [AppendKey]'s.
func (r AppendRow) Version() int64 {
	digits, _, _ := strings.Cut(r.Key.Sort, "~")
	version, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return version
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
	// Unavailable: what a reaction needs can't be reached. It is tried again by itself: see [Handler.RetryFromQueue].
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
// [es.ErrUnavailable], besides the cause: the same may succeed later, and a rebuild waits for that. It may return the
// context's error. Those that name no errors have no others, but one that names a row or checkpoint that can't be read.
type View interface {
	// MaxWrites is the most checkpoints and rows together that one Save can write, from 3. A checkpoint that was parked
	// may count twice.
	MaxWrites() int

	// Checkpoints returns the checkpoints of streams; those that have none are not in it.
	Checkpoints(ctx context.Context, g Generation, streams ...es.StreamID) (map[es.StreamID]Checkpoint, error)

	// Save replaces checkpoints and writes rows, all or nothing. A checkpoint that was parked is so no longer.
	//
	// A checkpoint is its Prev if version, epoch and RowsWritten are the same, and Prev says that it is parked if it is.
	//
	// Errors: [ErrStale] if a checkpoint is no longer its Prev; [ErrTooLarge], also for keys of rows or slots that are empty
	// or too long; [ErrContended].
	Save(ctx context.Context, g Generation, moves []CheckpointUpdate, rows []Write) error

	// Append stores rows that never change, each by itself. A row stays as it is if one of the same or a later epoch is
	// there; one of an earlier epoch is replaced. No row counts until a checkpoint comes to its version: see
	// [Checkpoint.Shows]. So rows are stored before the checkpoint, and what a crash leaves behind is invisible. An empty row is
	// stored like any other.
	//
	// Errors: [ErrTooLarge]. Some of the rows may be stored then.
	Append(ctx context.Context, g Generation, rows ...AppendRow) error

	// Park parks a stream, with the checkpoint left as it is but for its epoch, which rises from the next version on. Every
	// checkpoint that was saved leaves room for that; a long error is cut. A parked stream can be parked again.
	//
	// Errors: [ErrStale] if the checkpoint is no longer prev; [ErrContended].
	Park(ctx context.Context, g Generation, stream es.StreamID, prev Checkpoint, p Parked) error

	// Seen remembers that a version of a parked stream was delivered.
	//
	// Errors: [ErrStale] if it is not parked (any longer): whoever tried it again may have missed that version.
	Seen(ctx context.Context, g Generation, stream es.StreamID, version int64) error

	// Parked yields the streams that wait.
	Parked(ctx context.Context, g Generation) iter.Seq2[ParkedStream, error]

	// Rows reads rows by their keys; those that are not there are not in it. To ask for rows of lists over an index is
	// an error.
	Rows(ctx context.Context, g Generation, keys ...RowKey) (map[RowKey]Row, error)

	// List yields the rows of one partition by sort key, also append rows that do not count. Lists over an index are
	// eventually consistent.
	List(ctx context.Context, g Generation, l Listing) iter.Seq2[Listed, error]

	// Keys yields the keys of all rows that a generation has, in no order, but those of lists over an index.
	Keys(ctx context.Context, g Generation) iter.Seq2[RowKey, error]

	// Drop removes all that a generation has. Interrupted, it goes on where it is called again.
	Drop(ctx context.Context, g Generation) error
}

// RowKind is a kind of rows. Rows of different kinds are apart from each other.
type RowKind int

// The kinds of rows.
const (
	// OwnRow: it belongs to a stream, which may replace and delete it.
	OwnRow RowKind = iota
	// SharedRow: it holds counters to which many streams add.
	SharedRow
	// AppendedRow: it belongs to a stream and never changes.
	AppendedRow
	// IndexedRow: it is a slot of a document.
	IndexedRow
)

// RowKey is where a row is.
type RowKey struct {
	Key
	Kind RowKind
}

// Row is a stored row.
type Row struct {
	// Row is the row as JSON, of all kinds but shared rows.
	Row json.RawMessage
	// Counters are those of a shared row.
	Counters map[string]Number
	// Epoch is that of an append row.
	Epoch int
}

// Listing says which rows to list.
type Listing struct {
	Kind RowKind
	// Slot is the number of the list, from 0, of indexed rows.
	Slot      int
	Partition string
	// After is the sort key after which the listing goes on, in its direction. If empty, the listing begins.
	After      string
	Descending bool
	// PageSize is how many rows the caller most likely takes, from 1. It takes more or fewer at will.
	PageSize int
}

// Listed is a row of a list.
type Listed struct {
	Key Key
	Row
	// Stream is the stream of the document, of an indexed row.
	Stream es.StreamID
}
