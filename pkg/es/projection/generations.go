package projection

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Generation numbers the builds of a projection's rows, from 1. Numbers are never used again.
type Generation int

// Status is what a generation is there for.
type Status string

// The statuses of a generation, in the order in which it has them.
const (
	// Building: its history is being read; nobody reads it.
	Building Status = "building"
	// Serving: it is what queries read. One generation of a projection serves.
	Serving Status = "serving"
	// Retired: another one serves; it is fed on, so that readers that don't know yet, cursors and a rollback find it level.
	Retired Status = "retired"
	// Dropping: it is fed no more, and its rows are being removed.
	Dropping Status = "dropping"
)

// Build is one generation of a projection.
type Build struct {
	Generation Generation `json:"generation"`
	// Fold is the fold version that makes its rows.
	Fold   int    `json:"fold"`
	Status Status `json:"status"`
	// Segments is into how many parts its history was divided.
	Segments int `json:"segments"`
	// Filled says that all its history was read.
	Filled bool `json:"filled"`
	// FilledAt is when it was; zero if that was before times were kept.
	FilledAt time.Time `json:"filledAt,omitzero"`
	// Late is true for the first generation of a projection that was added to others. It is not read until it is filled.
	Late bool `json:"late,omitempty"`
	// Skips are the stored types of events that its fold did not handle when they were recorded: "Order/OrderPlaced".
	Skips []string `json:"skips,omitempty"`
	// WorkerStarted is true once a worker was started that fills the generation, or drops it if it is retired.
	WorkerStarted bool `json:"tended,omitempty"`
	// Failure is why its rebuild was given up for now; empty if it was not. The rebuild goes on where it is started again.
	Failure string `json:"failure,omitempty"`
	// Since is when it got its status.
	Since time.Time `json:"since"`
}

// become gives a build another status, from now on.
func (b *Build) become(s Status, now time.Time) {
	b.Status, b.Since, b.WorkerStarted, b.Failure = s, now.UTC(), false, ""
}

// readable tells whether a build that serves shows what happened before it was there. All readers take it for that at once.
func (b *Build) readable(now time.Time) bool {
	return !b.Late || b.Filled && !now.Before(b.FilledAt.Add(RecordCacheAge))
}

// leaves tells whether a build is on its way out.
func (b *Build) leaves() bool { return b.Status == Retired || b.Status == Dropping }

// Record is what is known of one projection's generations.
type Record struct {
	Projection string `json:"projection"`
	// Revision counts the changes of this record, from 1; 0 = there is none yet.
	Revision int64 `json:"revision"`
	// Last is the highest number given to a generation.
	Last Generation `json:"last"`
	// Builds are the generations that have rows.
	Builds []Build `json:"builds"`
	// RolledBackFold is the highest fold version that was rolled back, 0 if none was. The engine does not rebuild it by
	// itself.
	RolledBackFold int `json:"declined,omitempty"`
}

// Serving is the build that queries read, soon after it became that.
func (r *Record) Serving() *Build { return r.with(Serving) }

// swapLag is how long after a swap readers may still go from the one generation to the other, and how long a batch may take
// that began before.
const swapLag = RecordCacheAge + feedLag

// Read is the build that queries read at a time. A swap takes effect once every [Reader] knows of it: all readers
// then go over at once, and none goes back because another process answers it.
func (r *Record) Read(now time.Time) *Build {
	serving := r.Serving()
	if now.Before(serving.Since.Add(RecordCacheAge)) {
		for i := range r.Builds {
			if b := &r.Builds[i]; b.Status == Retired && b.Since.Equal(serving.Since) {
				return b
			}
		}
	}
	return serving
}

// order tells which builds are written before which others, from 0: readers go over from one build to another, and must not
// find less there than where they come from. They will go to the one that is being built; they may have gone to the serving one
// just now, from the one that is retired; and they go back to that in a rollback.
func (r *Record) order(b *Build, now time.Time) int {
	swapped := now.Before(r.Serving().Since.Add(swapLag))
	switch {
	case b.Status == Building:
		return 0
	case swapped == (b.Status == Serving):
		return 1
	}
	return 2
}

// Building is the build that is to serve next, nil if there is none.
func (r *Record) Building() *Build { return r.with(Building) }

func (r *Record) with(s Status) *Build {
	if i := slices.IndexFunc(r.Builds, func(b Build) bool { return b.Status == s }); i >= 0 {
		return &r.Builds[i]
	}
	return nil
}

// Build returns a generation's build, nil if it has none (any longer).
func (r *Record) Build(g Generation) *Build {
	if i := slices.IndexFunc(r.Builds, func(b Build) bool { return b.Generation == g }); i >= 0 {
		return &r.Builds[i]
	}
	return nil
}

// clone copies a record, so that a change of it can be refused.
func (r *Record) clone() Record {
	out := *r
	out.Builds = slices.Clone(r.Builds)
	return out
}

// first is the record of a projection that has none yet: what there is of its rows is generation 1, as it is found. It is late
// if one that it replaces was there before, or others were: those that begin together may be registered one after the other.
// Reactions, whose history is not divided, do not count: another process registers them.
func first(sub *Subscription, now time.Time, others map[string]Record) Record {
	p := sub.Projection
	b := Build{Generation: 1, Fold: p.FoldVersion(), Status: Serving, Segments: defaultSegments, Since: now, Skips: p.skipped()}
	for name, r := range others {
		before := r.Last > 1 || r.Builds[0].Since.Before(now.Add(-begunTogether)) || slices.Contains(sub.Replaces, name)
		b.Late = b.Late || p.rebuilds() && r.Builds[0].Segments > 0 && before
	}
	if !p.rebuilds() {
		b.Segments = 0
	}
	return Record{Projection: p.Name(), Last: 1, Builds: []Build{b}}
}

// begunTogether is how long after each other projections are registered that begin together.
const begunTogether = time.Minute

// Catalog stores the generations of all projections, how far their history was read, and how far they are compared with it.
// All reads are strongly consistent. Each method may also return [es.ErrUnavailable], besides the cause, and the context's
// error. Those that name no errors have no others, but one that names a record that can't be read.
type Catalog interface {
	// Records returns the record of every projection that has one, in one read.
	Records(ctx context.Context) (map[string]Record, error)

	// Replace stores a record, with its revision one higher, if the stored one has its revision still.
	//
	// Errors: [ErrStale].
	Replace(ctx context.Context, r Record) error

	// Positions returns the position of each segment of a generation's history that has one.
	Positions(ctx context.Context, projection string, g Generation) (map[int]es.Position, error)

	// SavePosition remembers how far a segment was read.
	SavePosition(ctx context.Context, projection string, g Generation, segment int, p es.Position) error

	// Notes returns what was noted of a generation, by name, and not forgotten.
	Notes(ctx context.Context, projection string, g Generation) (map[string]json.RawMessage, error)

	// SaveNote notes something of a generation, in place of what was noted under that name. nil forgets that.
	SaveNote(ctx context.Context, projection string, g Generation, name string, note json.RawMessage) error
}

// UnknownFoldError says that the code lacks the fold version that made the rows which are served.
type UnknownFoldError struct {
	Projection string
	Generation Generation
	Fold       int
}

func (e *UnknownFoldError) Error() string {
	return fmt.Sprintf("generation %d of projection %s was built by its fold version %d, which this code lacks: deploy code that has it, or roll the projection back",
		e.Generation, e.Projection, e.Fold)
}
