package es

import (
	"context"
	"fmt"
	"time"
)

// AppendDeadline is how long an append may take at most, from its time to its answer: the state as of an instant younger
// than that may still change.
const AppendDeadline = 30 * time.Second

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

// LoadAt returns an aggregate as it was at a point, from its events alone: no cache, and no snapshot from after the point.
// What it returns can't be appended to.
//
// Errors: [NotFoundError] if it had no events then; [VersionNotFoundError]; [UnknownEventError]; those of [Reader].
func (r *Repository[S, E]) LoadAt(ctx context.Context, id string, p Point, now time.Time) (Past[S], error) {
	stream := r.aggregate.Stream(id)
	out := Past[S]{Loaded: Loaded[S]{ID: id}, Provisional: !p.AsOf.IsZero() && p.AsOf.After(now.Add(-AppendDeadline))}
	for c, err := range r.executor.store.Read(ctx, stream, Range{To: p.Version, AsOf: p.AsOf}) {
		if err != nil {
			return out, err
		}
		if p.Version > 0 && c.LastVersion() > p.Version {
			c.Events = c.Events[:p.Version-c.Version+1]
		}
		if err := r.aggregate.apply(&out.State, &c); err != nil {
			return out, err
		}
		out.Version, out.At = c.LastVersion(), c.At
	}
	switch {
	case out.Version == 0:
		return out, &NotFoundError{Stream: stream}
	case p.Version > out.Version:
		return out, &VersionNotFoundError{Stream: stream, Version: p.Version, Actual: out.Version}
	}
	return out, nil
}
