package es

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// Point selects a past state: either by version or by instant.
type Point struct {
	// Version is the last version wanted, 0 if AsOf is set.
	Version int64
	// AsOf selects commits recorded at or before this instant.
	AsOf time.Time
}

// Past is a past state of an aggregate.
type Past[S any] struct {
	Loaded[S]
	// At is when the last event included was recorded.
	At time.Time
	// Provisional is true if AsOf is so recent that the answer may still change: see [AppendDeadline].
	Provisional bool
}

// VersionNotFoundError means that a stream has not reached a version.
type VersionNotFoundError struct {
	Stream StreamID
	// Version is the version asked for, Actual is the stream's latest.
	Version, Actual int64
}

func (e *VersionNotFoundError) Error() string {
	return fmt.Sprintf("%s has no version %d: the latest is %d", e.Stream, e.Version, e.Actual)
}

// ReadTo yields a stream's commits up to a point. It cuts events after the point off the last commit.
//
// Errors: [NotFoundError] if there are no commits; [VersionNotFoundError]; those of [Reader].
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

// Provisional reports whether a point is so recent that the state there may still change: see [AppendDeadline].
func (p Point) Provisional(now time.Time) bool {
	return !p.AsOf.IsZero() && p.AsOf.After(now.Add(-AppendDeadline))
}

// LoadAt returns a past state of an aggregate, folded from its events alone: it uses no cache and no snapshot. Nothing
// can be appended to it.
//
// Errors: those of [ReadTo]; [UnknownEventError].
func (r *Repository[S, E]) LoadAt(ctx context.Context, id string, p Point, now time.Time) (Past[S], error) {
	return FoldTo(ctx, r.executor.store, r.aggregate, id, p, now)
}

// FoldTo is [Repository.LoadAt] for a program that has no repository: it only needs a reader of events.
//
// Errors: those of [ReadTo]; [UnknownEventError].
func FoldTo[S, E any](
	ctx context.Context, reader Reader, a Aggregate[S, E], id string, p Point, now time.Time,
) (Past[S], error) {
	out := Past[S]{Loaded: Loaded[S]{ID: id}, Provisional: p.Provisional(now)}
	for c, err := range ReadTo(ctx, reader, a.Stream(id), p) {
		if err == nil {
			err = a.apply(&out.State, &c)
		}
		if err != nil {
			return out, err
		}
		out.Version, out.At = c.LastVersion(), c.At
	}
	return out, nil
}
