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

// The sizes of a commit that a store takes. Stores enforce them before anything is sent.
const (
	// MaxCommitBytes is the most that a commit may take in its store: what DynamoDB allows in one item.
	MaxCommitBytes = 400 * 1024
	// MaxUncompressedBytes is the most that a commit may take before a store compresses it, counted as [Size] does. What is
	// stored is read again, page by page: one event with all that its commit says of it fits in an answer of Lambda (6 MB),
	// even if JSON within JSON makes two bytes of each. Older commits may be larger: they were stored before there was this
	// limit, and are read as any other.
	MaxUncompressedBytes = 1 << 20
)

// Build turns an append into the commits to store, one for each write, with the heads that are true once they are
// stored. A store checks nothing more of an append than the sizes that are its own.
//
// The commits' time is now, or the next microsecond after the latest head where the clock is behind it, so that time
// strictly grows in each stream and is one instant for all streams of the append.
//
// Errors: as [es.Appender] has them, before anything is sent.
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
		if i == 0 && a.Command.ID != "" { // else it is a fingerprint of nothing
			c.Command = a.Command
		}
		c.Hash = c.ComputeHash()
		if size := Size(&c); size > MaxUncompressedBytes {
			return nil, &es.LimitError{Stream: c.Stream, What: "uncompressed bytes in a commit", Size: size, Limit: MaxUncompressedBytes}
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
			return fmt.Errorf("append %s: the stream stands twice in one append", stored.Abbreviate(h.Stream().String()))
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

// storable refuses what would come back from a store as something else.
func storable(a *es.Append) error {
	for _, w := range a.Writes {
		for i, e := range w.Events {
			if e.Type == "" || e.Schema < 1 || !utf8.ValidString(e.Type) || !utf8.Valid(e.Data) || !json.Valid(e.Data) {
				return fmt.Errorf("event %d: %w: it needs a type, a schema from 1, and a payload that is JSON, in UTF-8", i+1, es.ErrUnstorable)
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
			return fmt.Errorf("metadata: %w: it must be UTF-8", es.ErrUnstorable)
		}
	}
	return nil
}

// instant is the time of the append's commits.
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
