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
	// ErrStale means that another process has stored a newer version of the checkpoint or record. Nothing was written:
	// read it again.
	ErrStale = errors.New("stale: another process has stored a newer version")
	// ErrTooLarge means that a write has more rows, or larger rows or numbers, than one write can hold. Nothing was
	// written.
	ErrTooLarge = errors.New("too large: the rows, or the numbers in them, exceed what one write can hold")
	// ErrRefused means that the store refuses the content of a document or row, for instance because a value does not
	// fit its column. Nothing was written. The stream is parked.
	ErrRefused = errors.New("the store refuses the content")
	// ErrLost means that the store has lost a generation, or never had it: see [Preparing]. Nothing was read or
	// written.
	ErrLost = errors.New("the store has lost the generation")
	// ErrContended means that every attempt conflicted with other transactions on the same rows. Nothing was written:
	// try again later.
	ErrContended = errors.New("contended: every attempt conflicted with other transactions on the same rows")
	// ErrCursor means that the cursor was not issued by this list, or that its generation no longer exists.
	ErrCursor = errors.New("the cursor is not from this list, or is too old: start again without a cursor")
)

// Checkpoint is how far a projection has come with a stream, and the stream's state there. The zero Checkpoint is the
// one before the first event.
type Checkpoint struct {
	// Version is the last version applied in full. Hash is the hash of the commit that contains it.
	Version int64
	Hash    []byte
	// RowsWritten is how many rows of the next event are already written, in order. An event may have more rows than
	// fit into one transaction.
	RowsWritten int
	// At is when Version was applied, in microseconds, UTC. Zero = the time was not recorded.
	At time.Time
	// State is the stream's state, as JSON.
	State json.RawMessage
	// Owner is who created the stream: the actor of its first commit.
	Owner string
	// Behind means that deliveries no longer advance the stream, because too many events are missing. A catch-up does.
	Behind bool
	// Parked is why the stream is parked, nil if it is not.
	Parked *Parked
	// Rises are the versions from which a higher epoch counts, with versions and epochs ascending. If empty, the epoch
	// is 0.
	Rises []Rise
	// Appended is how many rows the stream has appended up to Version.
	Appended int64
	// Slots are the places of the document in the projection's lists, by the number of the list. A zero Slot means that
	// the document is not in that list. Zero slots at the end are not stored.
	Slots []Slot
}

// Rise is the start of an epoch: the events from a version on are, or may be, folded again.
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

// EpochAt is the epoch in which the event at a version was folded. An append row of that version counts if its epoch is
// not lower.
func (c Checkpoint) EpochAt(version int64) int {
	epoch := 0
	for _, r := range c.Rises {
		if r.From <= version {
			epoch = r.Epoch
		}
	}
	return epoch
}

// Raised returns the checkpoint with a higher epoch for all events from a version on.
func (c Checkpoint) Raised(from int64) Checkpoint {
	next := Rise{From: from, Epoch: c.Epoch() + 1}
	c.Rises = slices.DeleteFunc(slices.Clone(c.Rises), func(r Rise) bool { return r.From >= from })
	c.Rises = append(c.Rises, next)
	return c
}

// Shows reports whether an append row counts: it is not empty, the checkpoint has reached its version, and no later
// epoch replaced it.
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
	// Row is the row as JSON. An empty row replaces the row of an earlier epoch that the event no longer makes. It is
	// not shown. It is not deleted, because a late process could then append the old row again.
	Row json.RawMessage
	// List is the name of the list that the row belongs to. An empty row may lack it.
	List string
}

// AppendKey is the key of a row that an event appends to a partition. The sort key is the event's version, then the
// place among the rows of that stored event, then the stream. So rows of a partition are ordered by version, and every
// key is unique.
func AppendKey(partition string, stream es.StreamID, version int64, place int) Key {
	return Key{Partition: partition, Sort: fmt.Sprintf("%019d~%05d|%s", version, place, stream)}
}

// appendedBy is the stream that appended a row.
func appendedBy(at Key) (es.StreamID, error) {
	_, stream, _ := strings.Cut(at.Sort, "|")
	return es.ParseStreamID(stream)
}

// Version is the version of the event that made the row, or 0 if its key is not one of [AppendKey].
func (r AppendRow) Version() int64 {
	digits, _, _ := strings.Cut(r.Key.Sort, "~")
	version, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return version
}

// Parked is why a stream is parked in one projection: it alone waits.
type Parked struct {
	Reason Reason `json:"reason"`
	// Error is the error's text. It may cite the event, if the fold's error does.
	Error string `json:"error"`
	// Version is the version of the event that can't be applied. The checkpoint is before it.
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
	// Code is the build of the code that failed. Another build retries the stream without being asked.
	Code string `json:"code"`
	// Attempts is how often that code tried a stream that may have ended the process each time.
	Attempts int `json:"attempts,omitempty"`
}

// Reason is a kind of failure.
type Reason string

// The reasons to park a stream.
const (
	// Failed: the fold returned an error or panicked, or the stored events can't be read.
	Failed Reason = "failed"
	// TooLarge: a row, or the state, is larger than can be stored.
	TooLarge Reason = "too-large"
	// NeedsNewerCode: this code does not know the event's type or schema.
	NeedsNewerCode Reason = "needs-newer-code"
	// Crashed: the process ended, or ran out of time, while it applied the next event.
	Crashed Reason = "crashed"
	// Unavailable: a system that a reaction needs can't be reached. The stream is retried from the queue: see
	// [Handler.RetryFromQueue].
	Unavailable Reason = "unavailable"
)

// ParkedStream is a parked stream.
type ParkedStream struct {
	Stream es.StreamID `json:"stream"`
	Parked
	// Seen is the highest version that was delivered while the stream was parked, 0 if none was. Nothing is lost: a
	// retry reads the events from the event store.
	Seen int64 `json:"seen,omitempty"`
}

// CheckpointUpdate replaces the checkpoint of a stream by Next, if it is still Prev.
type CheckpointUpdate struct {
	Stream     es.StreamID
	Prev, Next Checkpoint
}

// View stores one projection's checkpoints and rows: it is the contract for a storage. Package viewtest tests it. All
// reads are strongly consistent. Each method may also return [es.ErrUnavailable] with its cause: the same call may
// succeed later, and a rebuild waits for that. It may return the context's error. A method that names no errors has no
// others, except one that names a row or checkpoint that can't be read.
type View interface {
	// MaxWrites is how many checkpoints and rows together one Save can write, at least 3. A checkpoint that was parked
	// may count twice.
	MaxWrites() int

	// Checkpoints returns the checkpoints of streams. Streams that have none are left out.
	Checkpoints(ctx context.Context, g Generation, streams ...es.StreamID) (map[es.StreamID]Checkpoint, error)

	// Save replaces checkpoints and writes rows, all or nothing. A checkpoint that was parked no longer is. A store
	// that holds documents only may save each stream by itself: after an error, some are saved as a whole.
	//
	// The stored checkpoint equals Prev if version, epoch and RowsWritten are equal. If it is parked, Prev must be
	// parked too.
	//
	// Errors: [ErrStale] if a stored checkpoint does not equal its Prev; [ErrTooLarge], also for keys of rows or slots
	// that are empty or too long; [ErrRefused]; [ErrContended].
	Save(ctx context.Context, g Generation, moves []CheckpointUpdate, rows []Write) error

	// Append stores rows that never change, each by itself. A row is not written if one of the same or a later epoch
	// exists; a row of an earlier epoch is replaced. No row counts until a checkpoint reaches its version: see
	// [Checkpoint.Shows]. So rows are stored before the checkpoint, and the leftovers of a crash are invisible. An
	// empty row is stored like any other.
	//
	// Errors: [ErrTooLarge], [ErrRefused]. Some of the rows may then be stored.
	Append(ctx context.Context, g Generation, rows ...AppendRow) error

	// Park parks a stream. The checkpoint is unchanged except for its epoch, which rises from the next version on.
	// Every saved checkpoint leaves room for that; a long error is cut. A parked stream can be parked again.
	//
	// Errors: [ErrStale] if the stored checkpoint does not equal prev; [ErrContended].
	Park(ctx context.Context, g Generation, stream es.StreamID, prev Checkpoint, p Parked) error

	// Seen records that a version of a parked stream was delivered.
	//
	// Errors: [ErrStale] if the stream is not parked (any more): a concurrent retry may have missed that version.
	Seen(ctx context.Context, g Generation, stream es.StreamID, version int64) error

	// Parked yields the parked streams.
	Parked(ctx context.Context, g Generation) iter.Seq2[ParkedStream, error]

	// Rows reads rows by their keys. Missing rows are left out. Asking for rows of lists over an index is an error.
	Rows(ctx context.Context, g Generation, keys ...RowKey) (map[RowKey]Row, error)

	// List yields the rows of one partition by sort key, including append rows that do not count. Lists over an index
	// are eventually consistent.
	List(ctx context.Context, g Generation, l Listing) iter.Seq2[Listed, error]

	// Keys yields the keys of all rows of a generation, in no order, without those of lists over an index.
	Keys(ctx context.Context, g Generation) iter.Seq2[RowKey, error]

	// Drop removes all checkpoints and rows of a generation. After an interruption, call it again: it continues.
	Drop(ctx context.Context, g Generation) error
}

// Pointing is a View whose store has a pointer of its own to the generation that people read, such as an SQL view or
// an alias. The engine moves it at a swap and at a rollback, right before readers switch, and repairs it with the
// next batch.
type Pointing interface {
	View

	// Point makes the pointer name a generation. It changes nothing if it does already. The view's Drop must refuse to
	// drop the generation that the pointer names.
	Point(ctx context.Context, g Generation) error
}

// Lagging is a View whose store answers searches from documents as they were a while ago, although [View.Checkpoints]
// is up to date. A reader that waits for a version waits until a search shows it.
type Lagging interface {
	View

	// Visible returns the version of a stream's document that a search finds, 0 if it finds none.
	//
	// Errors: [ErrLost].
	Visible(ctx context.Context, g Generation, stream es.StreamID) (version int64, err error)
}

// Preparing is a View whose store can lose a generation: a cache that was restarted, an index that somebody deleted. A
// generation that was lost must not look like one that is empty.
type Preparing interface {
	View

	// Prepare makes an empty generation. It changes nothing if the generation exists. Without it, Drop succeeds, and
	// all other calls return [ErrLost].
	//
	// Errors: one if the generation was dropped, and the store knows that.
	Prepare(ctx context.Context, g Generation) error
}

// RowKind is a kind of rows. Rows of different kinds are independent, even if their keys are equal.
type RowKind int

// The kinds of rows.
const (
	// OwnRow belongs to a stream, which may replace and delete it.
	OwnRow RowKind = iota
	// SharedRow holds counters that many streams add to.
	SharedRow
	// AppendedRow belongs to a stream and never changes.
	AppendedRow
	// IndexedRow is a slot of a document.
	IndexedRow
)

// RowKey identifies a row.
type RowKey struct {
	Key
	Kind RowKind
}

// Row is a stored row.
type Row struct {
	// Row is the row as JSON, for all kinds except shared rows.
	Row json.RawMessage
	// Counters are the counters of a shared row.
	Counters map[string]Number
	// Epoch is the epoch of an append row.
	Epoch int
}

// Listing says which rows to list.
type Listing struct {
	Kind RowKind
	// Slot is the number of the list, from 0, for indexed rows.
	Slot      int
	Partition string
	// After is the sort key to continue after, in the direction of the listing. If empty, the listing begins.
	After      string
	Descending bool
	// PageSize is how many rows the caller expects to take, from 1. It may take more or fewer.
	PageSize int
}

// Listed is a row of a list.
type Listed struct {
	Key Key
	Row
	// Stream is the stream of the document, for an indexed row.
	Stream es.StreamID
}
