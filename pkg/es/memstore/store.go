// Package memstore is an event store in memory, for examples and unit tests. Start with [New]. It passes the same test
// suite as the store on DynamoDB.
package memstore

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/config"
)

// Config adjusts a store. The zero value uses the defaults.
type Config struct {
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Store is an event store in memory. It is safe for concurrent use.
type Store struct {
	cfg  Config
	seal *storekit.Seal

	mu      sync.RWMutex
	streams map[es.StreamID][]es.Commit
}

var _ es.Store = (*Store)(nil)

// New returns an empty store. The configuration is optional.
func New(given ...Config) *Store {
	cfg := config.Only(given)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Store{cfg: cfg, seal: storekit.NewSeal(), streams: map[es.StreamID][]es.Commit{}}
}

// Now implements [es.Clock].
func (s *Store) Now() time.Time { return s.cfg.Now() }

// Empty implements [es.Loader].
func (s *Store) Empty(stream es.StreamID) es.Head { return s.seal.Empty(stream) }

// Head implements [es.Loader].
func (s *Store) Head(ctx context.Context, stream es.StreamID) (es.Head, error) {
	if err := enter(ctx, stream); err != nil {
		return es.Head{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.head(stream), nil
}

func (s *Store) head(stream es.StreamID) es.Head {
	commits := s.streams[stream]
	if len(commits) == 0 {
		return s.seal.Empty(stream)
	}
	return s.seal.After(&commits[len(commits)-1])
}

// Load implements [es.Loader].
func (s *Store) Load(ctx context.Context, after es.Head, visit func(*es.Commit) error) (es.Head, error) {
	if !s.seal.Made(after) {
		return es.Head{}, es.ErrForeignHead
	}
	head := after
	for c, err := range s.Read(ctx, after.Stream(), es.Range{From: after.Version() + 1}) {
		if err == nil {
			err = visit(&c)
		}
		if err != nil {
			return es.Head{}, err
		}
		head = s.seal.After(&c)
	}
	return head, nil
}

// Resume implements [es.Loader].
func (s *Store) Resume(
	ctx context.Context, after es.StreamVersion, hash []byte, visit func(*es.Commit) error,
) (es.Head, error) {
	for c, err := range s.Read(ctx, after.Stream, es.Range{From: after.Version, To: after.Version}) {
		if err != nil {
			return es.Head{}, err
		}
		if c.Version == after.Version && bytes.Equal(c.Hash, hash) {
			return s.Load(ctx, s.seal.After(&c), visit)
		}
	}
	return es.Head{}, fmt.Errorf("%s: %w", after, es.ErrNotResumable)
}

// Read implements [es.Reader].
func (s *Store) Read(ctx context.Context, stream es.StreamID, r es.Range) iter.Seq2[es.Commit, error] {
	return func(yield func(es.Commit, error) bool) {
		if err := enter(ctx, stream); err != nil {
			yield(es.Commit{}, err)
			return
		}
		s.mu.RLock()
		commits := s.streams[stream] // only ever appended to
		s.mu.RUnlock()
		for _, c := range commits {
			switch {
			case c.LastVersion() < r.From:
				continue
			case r.To > 0 && c.Version > r.To, !r.AsOf.IsZero() && c.At.After(r.AsOf):
				return
			}
			if err := ctx.Err(); err != nil {
				yield(es.Commit{}, fmt.Errorf("read %s: %w", stream, err))
				return
			}
			if !yield(clone(c), nil) {
				return
			}
		}
	}
}

// Append implements [es.Appender].
func (s *Store) Append(ctx context.Context, a es.Append) ([]es.Stored, error) {
	ctx, cancel := storekit.WithAppendDeadline(ctx)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	commits, err := storekit.Build(a, s.seal, s.cfg.Now())
	if err != nil {
		return nil, err
	}
	for i := range commits {
		if err := storekit.CheckSize(&commits[i].Commit, storekit.Size(&commits[i].Commit)); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil { // the append deadline has passed
		return nil, fmt.Errorf("append %s: nothing was stored: %w", a.Writes[0].Head.Stream(), err)
	}
	if s.repeated(commits) {
		return commits, nil
	}
	for _, w := range a.Writes {
		if err := s.check(w.Head); err != nil {
			return nil, err
		}
	}
	for _, h := range a.Checks {
		if err := s.check(h); err != nil {
			return nil, err
		}
	}
	for _, c := range commits {
		s.streams[c.Stream] = append(s.streams[c.Stream], clone(c.Commit))
	}
	return commits, nil
}

// repeated returns true if an append with this id is already stored, and then replaces commits with the stored ones.
func (s *Store) repeated(commits []es.Stored) bool {
	found := 0
	for i := range commits {
		for _, there := range s.streams[commits[i].Stream] {
			if there.ID == commits[i].ID && there.Version == commits[i].Version {
				c := clone(there)
				commits[i] = es.Stored{Commit: c, Head: s.seal.After(&c)}
				found++
			}
		}
	}
	return found > 0
}

func (s *Store) check(h es.Head) error {
	if actual := s.head(h.Stream()).Version(); actual != h.Version() {
		return &es.ConflictError{Stream: h.Stream(), Expected: h.Version(), Actual: actual}
	}
	return nil
}

func enter(ctx context.Context, stream es.StreamID) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("read %s: %w", stream, err)
	}
	return stream.Validate()
}

// clone copies a commit, so that callers cannot change the stored data.
func clone(c es.Commit) es.Commit {
	c.Events = slices.Clone(c.Events)
	for i := range c.Events {
		c.Events[i].Data = slices.Clone(c.Events[i].Data)
		c.Events[i].Personal = nil // it is not stored
	}
	return c
}
