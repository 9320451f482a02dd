package storekit

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/stored"
)

// Limits of a commit's size. Stores check them before they send anything.
const (
	// MaxCommitBytes is the maximum size of a commit as it is stored: DynamoDB's limit for an item.
	MaxCommitBytes = 400 * 1024
	// MaxUncompressedBytes is the maximum size of a commit before compression, counted as [Size] does. It makes sure that
	// one event with its metadata fits into an answer of Lambda (6 MB), even if JSON within JSON doubles it. Older commits
	// may be larger: they were stored before this limit existed, and can be read like any other.
	MaxUncompressedBytes = 1 << 20
)

// Build turns an append into the commits to store, one per write, and the heads that the streams have afterwards. It
// does all checks that stores have in common; only size limits of the store itself are left to the store.
//
// All commits of an append have the same time: now, or one microsecond after the latest head if now is not later than
// that. So time strictly increases within each stream.
//
// Errors: those that [es.Appender] returns before anything is sent.
func Build(a es.Append, seal *Seal, now time.Time) ([]es.Stored, error) {
	if err := validate(&a, seal); err != nil {
		return nil, err
	}
	if err := storable(&a); err != nil {
		return nil, fmt.Errorf("append %s: %w", stored.Abbreviate(a.Writes[0].Head.Stream().String()), err)
	}
	at := instant(&a, now)
	if a.Meta.OccurredAt.After(at) {
		return nil, es.ErrOccurredInFuture
	}
	a.Meta.OccurredAt = a.Meta.OccurredAt.UTC().Truncate(time.Microsecond)
	if a.ID == "" {
		a.ID = uuid.NewString()
	}
	commits := make([]es.Stored, len(a.Writes))
	for i, w := range a.Writes {
		c := es.Commit{
			Stream:   w.Head.Stream(),
			Version:  w.Head.Version() + 1,
			ID:       a.ID,
			At:       at,
			Events:   w.Events,
			Meta:     a.Meta,
			Prev:     w.Head.Hash(),
			Siblings: siblings(a.Writes, i),
		}
		if i == 0 && a.Command.ID != "" { // without an id, a fingerprint is ignored
			c.Command = a.Command
		}
		c.Hash = c.ComputeHash()
		if size := Size(&c); size > MaxUncompressedBytes {
			return nil, &es.LimitError{
				Stream: c.Stream, What: "uncompressed bytes in a commit", Size: size, Limit: MaxUncompressedBytes,
			}
		}
		commits[i] = es.Stored{Commit: c, Head: seal.After(&c)}
	}
	return commits, nil
}

func validate(a *es.Append, seal *Seal) error {
	if len(a.Writes) == 0 {
		return es.ErrNoEvents
	}
	if n := len(a.Writes) + len(a.Checks); n > es.MaxStreams {
		return &es.LimitError{Stream: a.Writes[0].Head.Stream(), What: "streams in one append", Size: n, Limit: es.MaxStreams}
	}
	seen := make(map[es.StreamID]bool, len(a.Writes)+len(a.Checks))
	check := func(h es.Head) error {
		if !seal.Made(h) {
			return fmt.Errorf("append %s: %w", stored.Abbreviate(h.Stream().String()), es.ErrForeignHead)
		}
		if seen[h.Stream()] {
			return fmt.Errorf("append %s: the append names the stream twice", stored.Abbreviate(h.Stream().String()))
		}
		seen[h.Stream()] = true
		return h.Stream().Validate()
	}
	for _, w := range a.Writes {
		if err := check(w.Head); err != nil {
			return err
		}
		if len(w.Events) == 0 {
			return fmt.Errorf("append %s: %w", stored.Abbreviate(w.Head.Stream().String()), es.ErrNoEvents)
		}
		if n := len(w.Events); n > es.MaxEvents {
			return &es.LimitError{Stream: w.Head.Stream(), What: "events in a commit", Size: n, Limit: es.MaxEvents}
		}
	}
	for _, h := range a.Checks {
		if err := check(h); err != nil {
			return err
		}
	}
	return nil
}

// storable refuses values that a store would return differently.
func storable(a *es.Append) error {
	for _, w := range a.Writes {
		for i, e := range w.Events {
			if e.Type == "" || e.Schema < 1 || !utf8.ValidString(e.Type) || !utf8.Valid(e.Data) || !json.Valid(e.Data) {
				return fmt.Errorf("event %d: %w: it needs a type, a schema from 1, and a JSON payload in UTF-8",
					i+1, es.ErrUnstorable)
			}
			if e.Unsealed() != nil {
				return fmt.Errorf("event %d, %s: %w", i+1, e.Type, es.ErrUnsealed)
			}
		}
	}
	texts := []string{a.ID, a.Meta.CorrelationID, a.Meta.CausationID, a.Meta.Actor, a.Command.ID, a.Command.Fingerprint}
	for k, v := range a.Meta.Extra {
		if k == "" {
			return fmt.Errorf("metadata: %w: a key is empty", es.ErrUnstorable)
		}
		texts = append(texts, k, v)
	}
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return fmt.Errorf("metadata: %w: ids and texts must be UTF-8", es.ErrUnstorable)
		}
	}
	return nil
}

// instant returns the time of the append's commits.
func instant(a *es.Append, now time.Time) time.Time {
	at := now.UTC().Truncate(time.Microsecond)
	after := func(h es.Head) {
		if !at.After(h.At()) {
			at = h.At().Add(time.Microsecond)
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

func siblings(writes []es.Write, own int) []es.StreamVersion {
	if len(writes) == 1 {
		return nil
	}
	out := make([]es.StreamVersion, 0, len(writes)-1)
	for i, w := range writes {
		if i != own {
			out = append(out, es.StreamVersion{Stream: w.Head.Stream(), Version: w.Head.Version() + 1})
		}
	}
	return out
}
