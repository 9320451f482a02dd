package es

import (
	"errors"
	"fmt"

	"github.com/annals-es/annals/pkg/es/internal/stored"
)

var (
	// ErrNoEvents refuses an append of nothing.
	ErrNoEvents = errors.New("nothing to append: a write needs at least one event")
	// ErrUnstorable refuses what could not be read back as it was given.
	ErrUnstorable = errors.New("it can't be stored as it is")
	// ErrUnavailable says that a store can't answer now: it throttles, fails, or can't be reached. The same may succeed
	// later.
	ErrUnavailable = errors.New("the store can't answer now")
	// ErrForeignHead refuses a head that this store did not make.
	ErrForeignHead = errors.New("the head was not made by this store: load the stream, or ask it for its head")
	// ErrNotResumable says that a stream does not hold the commit that a snapshot was made at.
	ErrNotResumable = errors.New("the stream does not hold the commit to resume from")
	// ErrOccurredInFuture refuses a commit that claims to have happened after it was recorded.
	ErrOccurredInFuture = errors.New("occurredAt is in the future: give a time that has passed, or none")
)

// ConflictError says that a stream had moved on: nothing was stored. Load it again and decide again.
type ConflictError struct {
	Stream StreamID
	// Expected is the version of the head that the append was made for.
	Expected int64
	// Actual is the version that the stream had reached, at least.
	Actual int64
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("append %s: conflict: expected version %d, it is at %d", e.Stream, e.Expected, e.Actual)
}

// UnknownOutcomeError says that time ran out before the store's answer was known: all of the append is stored, or nothing.
// Repeat the command under the same id to find out.
type UnknownOutcomeError struct {
	Stream   StreamID
	CommitID string
	Err      error
}

func (e *UnknownOutcomeError) Error() string {
	return fmt.Sprintf("append %s: outcome of commit %s unknown, repeat the command under the same id: %v", e.Stream, e.CommitID, e.Err)
}

// Unwrap returns the error that hid the outcome.
func (e *UnknownOutcomeError) Unwrap() error { return e.Err }

// LimitError says that something is over a limit. Nothing was sent.
type LimitError struct {
	Stream StreamID
	// What is counted, and in what: "bytes in a commit".
	What        string
	Size, Limit int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s: %d %s, the limit is %d", stored.Abbreviate(e.Stream.String()), e.Size, e.What, e.Limit)
}

// StreamNameError refuses a stream's name that no key can hold. No store reads or writes such a stream.
type StreamNameError struct {
	Name   string
	Reason string
}

func (e *StreamNameError) Error() string {
	return fmt.Sprintf("stream %q: %s", stored.Abbreviate(e.Name), e.Reason)
}

// CorruptError says that what is stored at a version can't be read, or does not continue what is before it.
type CorruptError struct {
	Stream  StreamID
	Version int64
	Reason  string
	Err     error // nil where Reason says it all
}

func (e *CorruptError) Error() string {
	s := fmt.Sprintf("stored commit %s@%d is corrupt: %s", e.Stream, e.Version, e.Reason)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause, nil where there is none.
func (e *CorruptError) Unwrap() error { return e.Err }

// UnknownEventError says that this code has no type for a stored event: it was written by newer code, or its
// registration was dropped.
type UnknownEventError struct {
	Stream  StreamID
	Version int64
	Type    string
	Schema  int
	// Newest is the newest schema of Type that this code knows, 0 where it does not know the type.
	Newest int
}

func (e *UnknownEventError) Error() string {
	known := "this code does not know the type"
	if e.Newest > 0 {
		known = fmt.Sprintf("this code knows schemas up to %d", e.Newest)
	}
	return fmt.Sprintf("%s@%d: event %s schema %d: %s; deploy readers before writers", e.Stream, e.Version, e.Type, e.Schema, known)
}

// NotFoundError says that a stream has no events.
type NotFoundError struct{ Stream StreamID }

func (e *NotFoundError) Error() string { return fmt.Sprintf("%s not found", e.Stream) }

// AlreadyExistsError says that a stream that was to be created has events.
type AlreadyExistsError struct{ Stream StreamID }

func (e *AlreadyExistsError) Error() string { return fmt.Sprintf("%s already exists", e.Stream) }

// VersionMismatchError says that a stream is not at the version that the caller demanded. Nothing was stored.
type VersionMismatchError struct {
	Stream           StreamID
	Expected, Actual int64
}

func (e *VersionMismatchError) Error() string {
	return fmt.Sprintf("%s: version %d was demanded, it is at %d", e.Stream, e.Expected, e.Actual)
}

// CommandReusedError says that a command's id was used before, for a command with another body.
type CommandReusedError struct {
	Stream  StreamID
	Version int64 // of the commit that the earlier command made
}

func (e *CommandReusedError) Error() string {
	return fmt.Sprintf("the command id was used for another command, which made %s@%d", e.Stream, e.Version)
}
