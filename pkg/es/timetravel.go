package es

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// Point is a point in a stream's history: a version or an instant, one of them.
type Point struct {
	// Version is the last version wanted, 0 if AsOf says.
	Version int64
	// AsOf is the instant up to which commits were recorded, inclusive.
	AsOf time.Time
}

// Past is an aggregate as it was.
type Past[S any] struct {
	Loaded[S]
	// At is when its last event up to then was recorded.
	At time.Time
	// Provisional says that the instant asked for is so young that the answer may still change.
	Provisional bool
}

// VersionNotFoundError says that a stream has not come to a version.
type VersionNotFoundError struct {
	Stream StreamID
	// Version was asked for, the stream is at Actual.
	Version, Actual int64
}

func (e *VersionNotFoundError) Error() string {
	return fmt.Sprintf("%s has no version %d, it is at %d", e.Stream, e.Version, e.Actual)
}

// ReadTo yields a stream's commits up to a point, the last of them without the events beyond it.
//
// Errors: [NotFoundError] if there are none; [VersionNotFoundError]; those of [Reader].
func ReadTo(ctx context.Context, reader Reader, stream StreamID, p Point) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		var at int64
		for c, err := range reader.Read(ctx, stream, Range{To: p.Version, AsOf: p.AsOf}) {
			if err == nil && p.Version > 0 && c.LastVersion() > p.Version {
				c.Events = c.Events[:p.Version-c.Version+1]
			}
			at = c.LastVersion()
			if !yield(c, err) || err != nil {
				return
			}
		}
		switch {
		case at == 0:
			yield(Commit{}, &NotFoundError{Stream: stream})
		case p.Version > at:
			yield(Commit{}, &VersionNotFoundError{Stream: stream, Version: p.Version, Actual: at})
		}
	}
}

// Provisional tells whether a point is so young that the state there may still change.
func (p Point) Provisional(now time.Time) bool {
	return !p.AsOf.IsZero() && p.AsOf.After(now.Add(-AppendDeadline))
}

// LoadAt returns an aggregate as it was at a point, from its events alone: no cache, and no snapshot from after the point.
// What it returns can't be appended to.
//
// Errors: those of [ReadTo]; [UnknownEventError].
func (r *Repository[S, E]) LoadAt(ctx context.Context, id string, p Point, now time.Time) (Past[S], error) {
	out := Past[S]{Loaded: Loaded[S]{ID: id}, Provisional: p.Provisional(now)}
	for c, err := range ReadTo(ctx, r.executor.store, r.aggregate.Stream(id), p) {
		if err == nil {
			err = r.aggregate.apply(&out.State, &c)
		}
		if err != nil {
			return out, err
		}
		out.Version, out.At = c.LastVersion(), c.At
	}
	return out, nil
}
