package inspect

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Trace has the commits of one request.
type Trace struct {
	CorrelationID string `json:"correlationId"`
	// Commits are in the order of their times.
	Commits []Traced `json:"commits"`
}

// Traced is a commit, and how the projections have applied it.
type Traced struct {
	Commit
	// Projections are all projections that read the stream, with each generation that is kept up to date.
	Projections []Applied `json:"projections"`
}

// Applied is the progress of a projection in a stream, compared with a version of the stream.
type Applied struct {
	Projection string                `json:"projection"`
	Generation projection.Generation `json:"generation"`
	Status     projection.Status     `json:"status"`
	// Version is the last version that it has applied. At is when that was, nil if there is none or if the time is not
	// known.
	Version int64      `json:"version"`
	At      *time.Time `json:"at,omitempty"`
	// Applied is true if it has applied the requested version. Exact is true if At is the time of that version, and not of
	// a later one.
	Applied bool `json:"applied"`
	Exact   bool `json:"exact"`
	// Unconcerned is true if it has no event to apply between Version and the requested version.
	Unconcerned bool `json:"unconcerned,omitempty"`
	// Behind is true if a catch-up from the queue applies the stream, and no longer the deliveries of the shard.
	Behind bool `json:"behind,omitempty"`
	// Parked is why the stream is parked, nil if it is not.
	Parked *projection.Parked `json:"parked,omitempty"`
	// Store is the store of its rows. It is "" for DynamoDB.
	Store string `json:"store,omitempty"`
	// Unread is why its store can't be read. If it is set, only Projection and Store are known.
	Unread string `json:"unread,omitempty"`
}

// Trace returns the commits of a request, and the progress of each projection with them. It reads the whole table: see
// [Inspector.Find].
//
// Errors: those of [Inspector.Find] and [Inspector.Applied].
func (i *Inspector) Trace(ctx context.Context, correlationID string) (Trace, error) {
	t := Trace{CorrelationID: correlationID, Commits: []Traced{}}
	for c, err := range i.scan(ctx, false) {
		if err != nil {
			return t, err
		}
		if c.Meta.CorrelationID != correlationID {
			continue
		}
		applied, err := i.Applied(ctx, c.Stream, c.LastVersion())
		if err != nil {
			return t, err
		}
		t.Commits = append(t.Commits, Traced{NewCommit(c.Commit), applied})
	}
	slices.SortStableFunc(t.Commits, func(a, b Traced) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Version, b.Version))
	})
	return t, nil
}

// Applied returns the progress of all projections that read a stream, compared with a version of the stream.
//
// Errors: those of [projection.Engine.StreamProgress] of the projections on DynamoDB.
func (i *Inspector) Applied(ctx context.Context, stream es.StreamID, version int64) ([]Applied, error) {
	all, err := i.AppliedOnDynamoDB(ctx, stream, version)
	if err != nil {
		return nil, err
	}
	for _, a := range i.cfg.Apart {
		more, err := applied(ctx, a.Engine, stream, version)
		if err != nil {
			more = []Applied{{Projection: a.Name, Unread: err.Error()}}
		}
		for k := range more {
			more[k].Store = a.Store
		}
		all = append(all, more...)
	}
	return all, ctx.Err()
}

// AppliedOnDynamoDB is like Applied, without the read models in other stores. It asks no function.
func (i *Inspector) AppliedOnDynamoDB(ctx context.Context, stream es.StreamID, version int64) ([]Applied, error) {
	all := []Applied{}
	for _, e := range i.cfg.Engines {
		more, err := applied(ctx, e, stream, version)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// applied returns the progress of an engine's projections.
func applied(ctx context.Context, e *projection.Engine, stream es.StreamID, version int64) ([]Applied, error) {
	reached, err := e.StreamProgress(ctx, es.StreamVersion{Stream: stream, Version: version})
	if err != nil {
		return nil, err
	}
	all := make([]Applied, len(reached))
	for k, s := range reached {
		a := Applied{
			Projection: s.Projection, Generation: s.Build.Generation, Status: s.Build.Status,
			Version: s.Checkpoint.Version, Applied: s.Shows,
			Behind: s.Checkpoint.Behind, Parked: s.Checkpoint.Parked,
		}
		a.Unconcerned = s.Shows && s.Checkpoint.Version < version
		if at := s.Checkpoint.At; !at.IsZero() && !a.Unconcerned {
			a.At, a.Exact = &at, s.Checkpoint.Version == version
		}
		all[k] = a
	}
	return all, nil
}
