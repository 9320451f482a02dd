package es

import (
	"errors"
	"fmt"

	"github.com/annals-es/annals/pkg/es/internal/stored"
)

var (
	// ErrNoEvents means that an append, or one of its writes, has no events.
	ErrNoEvents = errors.New("no events to append: each write needs at least one")
	// ErrUnstorable means that a value would be read back differently from what was given.
	ErrUnstorable = errors.New("the value cannot be stored unchanged")
	// ErrUnsealed means that an event has personal data, and the store has no keys to encrypt it.
	ErrUnsealed = errors.New("the event has personal data, and the store has no keys: wrap it with personal.NewStore")
	// ErrNotSent means that a store refused an append before it sent anything, so a repeat of a stored command is not
	// recognized yet.
	ErrNotSent = errors.New("the append was not sent")
	// ErrUnavailable means that the store throttles, fails or cannot be reached. The same call may succeed later.
	ErrUnavailable = errors.New("store unavailable")
	// ErrForeignHead means that a head was made by another store.
	ErrForeignHead = errors.New("the head was made by another store: use this store's Load or Head")
	// ErrNotResumable means that a stream does not hold the commit at which a snapshot was made.
	ErrNotResumable = errors.New("the stream does not hold the commit to resume from")
	// ErrOccurredInFuture means that Meta.OccurredAt is after the time of recording.
	ErrOccurredInFuture = errors.New("occurredAt is in the future: give a past time or leave it out")
)

// ConflictError means that the stream has grown since it was loaded. Nothing was stored. Load the stream again and
// decide again.
type ConflictError struct {
	Stream StreamID
	// Expected is the version of the head that was given to the append.
	Expected int64
	// Actual is the stream's version, or a lower bound of it.
	Actual int64
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("append %s: conflict: expected version %d, actual %d", e.Stream, e.Expected, e.Actual)
}

// UnknownOutcomeError means that time ran out before the store's answer was known. Either the whole append is stored or
// nothing. Repeat the command with the same id to find out.
type UnknownOutcomeError struct {
	Stream   StreamID
	CommitID string
	Err      error
}

func (e *UnknownOutcomeError) Error() string {
	return fmt.Sprintf("append %s: outcome of commit %s unknown: repeat the command with the same id: %v",
		e.Stream, e.CommitID, e.Err)
}

// Unwrap returns the error because of which the outcome is unknown.
func (e *UnknownOutcomeError) Unwrap() error { return e.Err }

// LimitError means that something exceeds a limit. Nothing was sent.
type LimitError struct {
	Stream StreamID
	// What says what was counted and in which unit, such as "bytes in a commit".
	What        string
	Size, Limit int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s: %d %s, the limit is %d", stored.Abbreviate(e.Stream.String()), e.Size, e.What, e.Limit)
}

// StreamNameError means that a name is no valid stream name. Stores neither read nor write such a stream.
type StreamNameError struct {
	Name   string
	Reason string
}

func (e *StreamNameError) Error() string {
	return fmt.Sprintf("stream %q: %s", stored.Abbreviate(e.Name), e.Reason)
}

// CorruptError means that a stored commit cannot be read or does not continue the commit before it.
type CorruptError struct {
	Stream  StreamID
	Version int64
	Reason  string
	Err     error // the cause, or nil
}

func (e *CorruptError) Error() string {
	s := fmt.Sprintf("stored commit %s@%d is corrupt: %s", e.Stream, e.Version, e.Reason)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause, or nil.
func (e *CorruptError) Unwrap() error { return e.Err }

// UnknownEventError means that the registry has no type for a stored event: newer code wrote it, or its registration
// was removed.
type UnknownEventError struct {
	Stream  StreamID
	Version int64
	Type    string
	Schema  int
	// Newest is the newest schema of Type in the registry, 0 if the type is not registered.
	Newest int
}

func (e *UnknownEventError) Error() string {
	known := "this code does not know the type"
	if e.Newest > 0 {
		known = fmt.Sprintf("this code knows schemas up to %d", e.Newest)
	}
	return fmt.Sprintf("%s@%d: event %s schema %d: %s: deploy readers before writers",
		e.Stream, e.Version, e.Type, e.Schema, known)
}

// NotFoundError means that a stream has no events.
type NotFoundError struct{ Stream StreamID }

func (e *NotFoundError) Error() string { return fmt.Sprintf("%s not found", e.Stream) }

// AlreadyExistsError means that a stream that was to be created already has events.
type AlreadyExistsError struct{ Stream StreamID }

func (e *AlreadyExistsError) Error() string { return fmt.Sprintf("%s already exists", e.Stream) }

// VersionMismatchError means that a stream is not at the version that the caller expects. Nothing was stored.
type VersionMismatchError struct {
	Stream           StreamID
	Expected, Actual int64
}

func (e *VersionMismatchError) Error() string {
	return fmt.Sprintf("%s: version mismatch: expected %d, actual %d", e.Stream, e.Expected, e.Actual)
}

// CommandReusedError means that a command's id was used before, for a command with another body.
type CommandReusedError struct {
	Stream  StreamID
	Version int64 // of the earlier command's commit
}

func (e *CommandReusedError) Error() string {
	return fmt.Sprintf("command id already used: a different command with this id stored %s@%d", e.Stream, e.Version)
}
