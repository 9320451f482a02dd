package inspect

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Trace is what one request led to.
type Trace struct {
	CorrelationID string `json:"correlationId"`
	// Commits are in the order of their times.
	Commits []Traced `json:"commits"`
}

// Traced is a commit and what became of it.
type Traced struct {
	Commit
	// Projections are all that read the stream, in each generation that is kept up to date.
	Projections []Applied `json:"projections"`
}

// Applied is how far a projection has come with a stream, seen from one version of it.
type Applied struct {
	Projection string                `json:"projection"`
	Generation projection.Generation `json:"generation"`
	Status     projection.Status     `json:"status"`
	// Version is the last that it has applied, At when that was, nil if it has none or the time was not kept.
	Version int64      `json:"version"`
	At      *time.Time `json:"at,omitempty"`
	// Applied says that it has applied the version asked for; Exact that At is when, else At is when a later one was.
	Applied bool `json:"applied"`
	Exact   bool `json:"exact"`
	// Unconcerned says that nothing up to the version asked for concerns it since the last that it has applied.
	Unconcerned bool `json:"unconcerned,omitempty"`
	// Behind says that deliveries no longer bring the stream forward: a catch-up does.
	Behind bool `json:"behind,omitempty"`
	// Parked is why the stream waits there.
	Parked *projection.Parked `json:"parked,omitempty"`
}

// Trace returns the commits of a request, and how far each projection has come with them. It searches the whole table: see
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

// Applied tells how far every projection that reads a stream has come with it, seen from a version of it.
//
// Errors: those of [projection.Engine.StreamProgress].
func (i *Inspector) Applied(ctx context.Context, stream es.StreamID, version int64) ([]Applied, error) {
	all := []Applied{}
	for _, e := range i.cfg.Engines {
		reached, err := e.StreamProgress(ctx, es.StreamVersion{Stream: stream, Version: version})
		if err != nil {
			return nil, err
		}
		for _, s := range reached {
			a := Applied{
				Projection: s.Projection, Generation: s.Build.Generation, Status: s.Build.Status,
				Version: s.Checkpoint.Version, Applied: s.Shows,
				Behind: s.Checkpoint.Behind, Parked: s.Checkpoint.Parked,
			}
			a.Unconcerned = s.Shows && s.Checkpoint.Version < version
			if at := s.Checkpoint.At; !at.IsZero() && !a.Unconcerned {
				a.At, a.Exact = &at, s.Checkpoint.Version == version
			}
			all = append(all, a)
		}
	}
	return all, nil
}
