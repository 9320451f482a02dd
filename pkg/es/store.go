package es

import (
	"context"
	"iter"
	"time"
)

// Reader reads streams.
type Reader interface {
	// Read yields the commits of a stream in the range r, in order, however many there are. It yields nothing for a stream
	// without events. It returns no head, because what was read may not be the end of the stream.
	//
	// Errors: [StreamNameError]; [CorruptError] if a stored commit cannot be read or does not follow the one before; the
	// context's error.
	Read(ctx context.Context, stream StreamID, r Range) iter.Seq2[Commit, error]
}

// Range selects commits of a stream. The zero Range selects all of them.
type Range struct {
	// From is the first version wanted. Reading starts with the commit that contains it. 0 = the start of the stream.
	From int64
	// To is the last version wanted. Reading ends with the commit that contains it. 0 = no bound.
	To int64
	// AsOf selects commits recorded at or before this instant. Zero = no bound.
	AsOf time.Time
}

// Loader loads streams to their end.
type Loader interface {
	// Empty returns the head of a stream that is assumed to have no events, without reading. An append to it fails if the
	// stream has events.
	Empty(stream StreamID) Head

	// Head returns the current end of a stream, strongly consistent.
	//
	// Errors: [StreamNameError]; [CorruptError]; the context's error.
	Head(ctx context.Context, stream StreamID) (Head, error)

	// Load calls visit for each commit after a head, in order and strongly consistent, and returns the head at the end. An
	// error of visit ends the load and is returned unchanged.
	//
	// Errors: [ErrForeignHead]; [CorruptError], also if the stream does not continue from the head; the context's error.
	Load(ctx context.Context, after Head, visit func(*Commit) error) (Head, error)

	// Resume is Load after a commit that is known from elsewhere, such as from a snapshot, by its first version and hash.
	// Resume reads this commit again and compares its hash, but does not visit it.
	//
	// Errors: [ErrNotResumable] if the stream has no such commit; those of Load.
	Resume(ctx context.Context, after StreamVersion, hash []byte, visit func(*Commit) error) (Head, error)
}

// Stored is a commit that was stored, and the stream's head after it.
type Stored struct {
	Commit
	Head Head
}

// Appender appends to streams.
type Appender interface {
	// Append stores all writes of a, or none. It returns the commits in the order of a.Writes. It takes at most
	// [AppendDeadline], even if the context allows more.
	//
	// Errors: [ConflictError] if a stream does not end at the given head (nothing is stored); [StreamNameError],
	// [LimitError], [ErrNoEvents], [ErrForeignHead], [ErrOccurredInFuture], [ErrUnstorable], [ErrUnsealed], before anything
	// is sent;
	// [UnknownOutcomeError] if time ran out before the store's answer was known (all or nothing was stored);
	// [context.DeadlineExceeded] if time ran out and nothing is stored. An error that matches [ErrNotSent] may depend on
	// assumed state: a decision is then made again on fresh state.
	Append(ctx context.Context, a Append) ([]Stored, error)
}

// Store is an event store. Each of its methods may also return [ErrUnavailable] with its cause: the same call may
// succeed later.
type Store interface {
	Reader
	Loader
	Appender
}

// Clock is an optional capability of a [Store]: it tells the time with which the store records commits.
type Clock interface {
	Now() time.Time
}

// Fingerprinter is an optional capability of a [Store] with keys: it makes fingerprints against which a reader of the
// store can't test guesses of a command's body.
type Fingerprinter interface {
	// Fingerprint returns what is stored for a fingerprint: always the same for the same one.
	//
	// Errors: none of its own.
	Fingerprint(ctx context.Context, fingerprint string) (string, error)
}

// Keeper is an optional capability of a [Store] with keys: it says for how long this process may keep personal data that
// it has read from elsewhere, such as from a snapshot.
type Keeper interface{ KeepFor() time.Duration }

// Write is the part of an append that goes to one stream.
type Write struct {
	Head   Head
	Events []RawEvent
}

// Append is one atomic append.
type Append struct {
	// ID becomes the id of the commits. It must be new for each decision: an append that finds its id stored counts as
	// successful. If empty, the store makes one.
	ID     string
	Writes []Write
	// Checks are heads of streams that the decision read but does not write. The append fails with a conflict if one of
	// these streams has grown.
	Checks []Head
	Meta   Meta
	// Command is stored with the first write's commit only. So only the stream that the caller addressed remembers the
	// command, and no caller can fill another stream's list of known commands.
	Command CommandRef
}
