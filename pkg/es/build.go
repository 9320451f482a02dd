package es

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// The limits of an append. Both stores enforce them before anything is sent.
const (
	// MaxEvents is the most events in one commit.
	MaxEvents = 100
	// MaxCommitBytes is the most that a commit may take in its store: what DynamoDB allows in one item.
	MaxCommitBytes = 400 * 1024
	// MaxUncompressedBytes is the most that a commit may take before a store compresses it, counted as [Commit.Size]
	// does. What is stored is read again, page by page: one event with all that its commit says of it fits in an answer
	// of Lambda (6 MB), even if JSON within JSON makes two bytes of each. Commits of before there was this limit may be
	// larger, and are read as any other.
	MaxUncompressedBytes = 1 << 20
	// MaxStreams is the most streams in one append, written and checked: what DynamoDB allows in one transaction.
	MaxStreams = 100
)

// Build turns an append into the commits to store, one for each write, with the heads that are true once they are
// stored. It is for implementations of [Store], which check nothing more of an append than the sizes that are their
// own.
//
// The commits' time is now, or the next microsecond after the latest head where the clock is behind it, so that time
// strictly grows in each stream and is one instant for all streams of the append.
//
// Errors: as [Appender] has them, before anything is sent.
func Build(a Append, seal *Seal, now time.Time) ([]Stored, error) {
	if err := a.validate(seal); err != nil {
		return nil, err
	}
	if err := a.storable(); err != nil {
		return nil, fmt.Errorf("append %s: %w", abbreviate(a.Writes[0].Head.stream.String()), err)
	}
	at := a.instant(now)
	if a.Meta.OccurredAt.After(at) {
		return nil, ErrOccurredInFuture
	}
	a.Meta.OccurredAt = a.Meta.OccurredAt.UTC().Truncate(time.Microsecond)
	if a.ID == "" {
		a.ID = uuid.NewString()
	}
	commits := make([]Stored, len(a.Writes))
	for i, w := range a.Writes {
		c := Commit{
			Stream:   w.Head.stream,
			Version:  w.Head.version + 1,
			ID:       a.ID,
			At:       at,
			Events:   w.Events,
			Meta:     a.Meta,
			Prev:     w.Head.hash,
			Siblings: siblings(a.Writes, i),
		}
		if i == 0 && a.Command.ID != "" { // else it is a fingerprint of nothing
			c.Command = a.Command
		}
		c.Hash = c.ComputeHash()
		if size := c.Size(); size > MaxUncompressedBytes {
			return nil, &LimitError{Stream: c.Stream, What: "uncompressed bytes in a commit", Size: size, Limit: MaxUncompressedBytes}
		}
		commits[i] = Stored{Commit: c, Head: seal.After(&c)}
	}
	return commits, nil
}

func (a *Append) validate(seal *Seal) error {
	if len(a.Writes) == 0 {
		return ErrNoEvents
	}
	if n := len(a.Writes) + len(a.Checks); n > MaxStreams {
		return &LimitError{Stream: a.Writes[0].Head.stream, What: "streams in one append", Size: n, Limit: MaxStreams}
	}
	seen := make(map[StreamID]bool, len(a.Writes)+len(a.Checks))
	check := func(h Head) error {
		if !seal.Made(h) {
			return fmt.Errorf("append %s: %w", abbreviate(h.stream.String()), ErrForeignHead)
		}
		if seen[h.stream] {
			return fmt.Errorf("append %s: the stream stands twice in one append", abbreviate(h.stream.String()))
		}
		seen[h.stream] = true
		return h.stream.Validate()
	}
	for _, w := range a.Writes {
		if err := check(w.Head); err != nil {
			return err
		}
		if len(w.Events) == 0 {
			return fmt.Errorf("append %s: %w", abbreviate(w.Head.stream.String()), ErrNoEvents)
		}
		if n := len(w.Events); n > MaxEvents {
			return &LimitError{Stream: w.Head.stream, What: "events in a commit", Size: n, Limit: MaxEvents}
		}
	}
	for _, h := range a.Checks {
		if err := check(h); err != nil {
			return err
		}
	}
	return nil
}

// storable refuses what would come back from a store as something else.
func (a *Append) storable() error {
	for _, w := range a.Writes {
		for i, e := range w.Events {
			if e.Type == "" || e.Schema < 1 || !utf8.ValidString(e.Type) || !utf8.Valid(e.Data) || !json.Valid(e.Data) {
				return fmt.Errorf("event %d: %w: it needs a type, a schema from 1, and a payload that is JSON, in UTF-8", i+1, ErrUnstorable)
			}
		}
	}
	texts := []string{a.ID, a.Meta.CorrelationID, a.Meta.CausationID, a.Meta.Actor, a.Command.ID, a.Command.Fingerprint}
	for k, v := range a.Meta.Extra {
		if k == "" {
			return fmt.Errorf("metadata: %w: a key is empty", ErrUnstorable)
		}
		texts = append(texts, k, v)
	}
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return fmt.Errorf("metadata: %w: it must be UTF-8", ErrUnstorable)
		}
	}
	return nil
}

// instant is the time of the append's commits.
func (a *Append) instant(now time.Time) time.Time {
	at := now.UTC().Truncate(time.Microsecond)
	after := func(h Head) {
		if !at.After(h.at) {
			at = h.at.Add(time.Microsecond)
		}
	}
	for _, w := range a.Writes {
		after(w.Head)
	}
	for _, h := range a.Checks {
		after(h)
	}
	return at
}

func siblings(writes []Write, own int) []StreamVersion {
	if len(writes) == 1 {
		return nil
	}
	out := make([]StreamVersion, 0, len(writes)-1)
	for i, w := range writes {
		if i != own {
			out = append(out, StreamVersion{Stream: w.Head.stream, Version: w.Head.version + 1})
		}
	}
	return out
}
