package es

import (
	"context"
	"iter"
	"time"
)

// Recorded is a stored event as the current registry reads it.
type Recorded[E any] struct {
	Event E
	// Version is the event's version. If an upcaster splits a stored event, all parts have the same version.
	Version int64
	// At is when the event was recorded. OccurredAt is when it happened, which is At unless the caller gave another time.
	At, OccurredAt time.Time
	// CommitID is the id of its commit.
	CommitID string
	Meta     Meta
}

// Events yields the events of an aggregate, in order, strongly consistent. It yields nothing for an aggregate without
// events.
//
// Errors: [UnknownEventError]; [CorruptError]; those of [Reader]. The first error ends the sequence.
func (r *Repository[S, E]) Events(ctx context.Context, id string) iter.Seq2[Recorded[E], error] {
	return func(yield func(Recorded[E], error) bool) {
		for c, err := range r.executor.store.Read(ctx, r.aggregate.Stream(id), Range{}) {
			if err != nil {
				yield(Recorded[E]{}, err)
				return
			}
			if !r.recorded(&c, yield) {
				return
			}
		}
	}
}

// recorded yields the events of a commit, and reports whether the caller wants more.
func (r *Repository[S, E]) recorded(c *Commit, yield func(Recorded[E], error) bool) bool {
	more := true
	for i := range c.Events {
		one := Recorded[E]{
			Version: c.Version + int64(i), At: c.At, OccurredAt: c.OccurredAt(), CommitID: c.ID, Meta: c.Meta,
		}
		err := r.aggregate.Events.Decode(c, i, func(event E) error {
			one.Event = event
			more = more && yield(one, nil)
			return nil
		})
		if err != nil && more {
			yield(Recorded[E]{}, err)
			more = false
		}
		if !more {
			return false
		}
	}
	return true
}
