package es

import (
	"context"
	"iter"
	"time"
)

// Reader reads streams.
type Reader interface {
	// Read yields the commits of a stream that r asks for, in order, all of them however many there are. A stream without
	// events yields nothing. It yields no head: what was read may not be the end.
	//
	// Errors: [StreamNameError]; [CorruptError] where a stored commit can't be read or does not follow the one before; the
	// context's error.
	Read(ctx context.Context, stream StreamID, r Range) iter.Seq2[Commit, error]
}

// Range says which commits of a stream to read. The zero Range is all of them.
type Range struct {
	// From is the first version wanted; reading starts with the commit that contains it. 0 = the stream's first.
	From int64
	// To is the last version wanted; reading ends with the commit that contains it. 0 = no bound.
	To int64
	// AsOf is the instant up to which commits were recorded, inclusive. Zero = no bound.
	AsOf time.Time
}

// Loader loads streams to their end.
type Loader interface {
	// Empty returns the head of a stream that has no events yet, without looking: appending to it fails if there are some.
	Empty(stream StreamID) Head

	// Head looks up where a stream ends now, strongly consistent.
	//
	// Errors: [StreamNameError]; [CorruptError]; the context's error.
	Head(ctx context.Context, stream StreamID) (Head, error)

	// Load calls visit for each commit after a head, in order and strongly consistent, and returns the head at the end.
	// An error of visit ends the load and is returned as it is.
	//
	// Errors: [ErrForeignHead]; [CorruptError], also where the stream does not continue from the head; the context's
	// error.
	Load(ctx context.Context, after Head, visit func(*Commit) error) (Head, error)

	// Resume is Load after a commit that was kept elsewhere, such as with a snapshot: the one with this first version and
	// this hash. It is read again, not visited, and compared.
	//
	// Errors: [ErrNotResumable] if the stream has no such commit; those of Load.
	Resume(ctx context.Context, after StreamVersion, hash []byte, visit func(*Commit) error) (Head, error)
}

// Stored is a commit that was stored, and the head that it made.
type Stored struct {
	Commit
	Head Head
}

// Appender appends to streams.
type Appender interface {
	// Append stores all writes of a, or none. The commits come back in the order of a.Writes. It takes [AppendDeadline]
	// at most, also where the context allows more.
	//
	// Errors: [ConflictError] if a stream does not end at the head given (nothing is stored); [StreamNameError],
	// [LimitError], [ErrNoEvents], [ErrForeignHead], [ErrOccurredInFuture], [ErrUnstorable], before anything is sent;
	// [UnknownOutcomeError] if time ran out before the store's answer was known (all or nothing was stored);
	// [context.DeadlineExceeded] if time ran out and nothing is stored.
	Append(ctx context.Context, a Append) ([]Stored, error)
}

// Store is an event store. Each of its methods may also return [ErrUnavailable], besides the cause: the same may
// succeed later.
type Store interface {
	Reader
	Loader
	Appender
}

// Clock is what a [Store] may be as well: it tells the time by which it records commits.
type Clock interface {
	Now() time.Time
}

// Write is what an append adds to one stream.
type Write struct {
	Head   Head
	Events []RawEvent
}

// Append is one atomic append.
type Append struct {
	// ID becomes the commits' id. It must be new for each decision: an append that finds it stored takes that as success.
	// If empty, the store makes one.
	ID     string
	Writes []Write
	// Checks are heads of streams that the decision read and does not write: each must still be where its stream ends.
	Checks []Head
	Meta   Meta
	// Command becomes part of the first write's commit, and of no other: only the stream that a caller addresses holds its
	// command, so that nobody fills the list of somebody else's.
	Command CommandRef
}
