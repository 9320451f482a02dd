// Package memkeys stores keys of subjects in memory, for examples and unit tests. Start with [New].
package memkeys

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal"
)

// Keys are keys in memory. It is safe for concurrent use.
type Keys struct {
	mu      sync.RWMutex
	keys    map[string]personal.Key
	streams map[string]map[es.StreamID]bool
}

var _ personal.Keys = (*Keys)(nil)

// New returns a store without keys.
func New() *Keys {
	return &Keys{keys: map[string]personal.Key{}, streams: map[string]map[es.StreamID]bool{}}
}

func enter(ctx context.Context, subjects ...string) error {
	for _, subject := range subjects {
		if err := personal.Check(subject); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Note implements [personal.Keys].
func (k *Keys) Note(ctx context.Context, subject string, stream es.StreamID) error {
	if err := enter(ctx, subject); err != nil {
		return err
	}
	if err := stream.Validate(); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.streams[subject] == nil {
		k.streams[subject] = map[es.StreamID]bool{}
	}
	k.streams[subject][stream] = true
	return nil
}

// Load implements [personal.Keys].
func (k *Keys) Load(ctx context.Context, subjects ...string) (map[string]personal.Key, error) {
	if err := enter(ctx, subjects...); err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	found := map[string]personal.Key{}
	for _, subject := range subjects {
		if key, is := k.keys[subject]; is {
			found[subject] = clone(key)
		}
	}
	return found, nil
}

// Create implements [personal.Keys].
func (k *Keys) Create(ctx context.Context, key personal.Key) (personal.Key, error) {
	if err := key.Check(); err != nil {
		return personal.Key{}, err
	}
	if err := ctx.Err(); err != nil {
		return personal.Key{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	stored, is := k.keys[key.Subject]
	if !is && key.Number == 1 || stored.Forgotten && key.Number == stored.Number+1 {
		stored = clone(key)
		stored.At = instant(key.At)
		k.keys[key.Subject] = stored
	}
	return clone(stored), nil
}

// Forget implements [personal.Keys].
func (k *Keys) Forget(ctx context.Context, subject string, at time.Time) (personal.Key, error) {
	if err := enter(ctx, subject); err != nil {
		return personal.Key{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	stored := k.keys[subject]
	if !stored.Forgotten {
		stored = personal.Key{Subject: subject, Number: max(stored.Number, 1), Forgotten: true, At: instant(at)}
		k.keys[subject] = stored
	}
	return stored, nil
}

// Streams implements [personal.Keys].
func (k *Keys) Streams(ctx context.Context, subject string) iter.Seq2[es.StreamID, error] {
	return func(yield func(es.StreamID, error) bool) {
		if err := enter(ctx, subject); err != nil {
			yield(es.StreamID{}, err)
			return
		}
		k.mu.RLock()
		streams := slices.Collect(maps.Keys(k.streams[subject]))
		k.mu.RUnlock()
		for _, stream := range streams {
			if !yield(stream, nil) {
				return
			}
		}
	}
}

// Subjects implements [personal.Keys].
func (k *Keys) Subjects(ctx context.Context) iter.Seq2[personal.Key, error] {
	return func(yield func(personal.Key, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(personal.Key{}, err)
			return
		}
		k.mu.RLock()
		keys := slices.Collect(maps.Values(k.keys))
		k.mu.RUnlock()
		for _, key := range keys {
			key.Secret = nil
			if !yield(key, nil) {
				return
			}
		}
	}
}

// instant returns a time as stores on disk keep it.
func instant(at time.Time) time.Time { return at.UTC().Truncate(time.Microsecond) }

func clone(key personal.Key) personal.Key {
	key.Secret = bytes.Clone(key.Secret)
	return key
}
