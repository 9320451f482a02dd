package projection

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Generation numbers the builds of a projection's rows, from 1. Numbers are never reused.
type Generation int

// Status is the state of a generation.
type Status string

// The statuses of a generation, in the order in which it has them.
const (
	// Building: its history is being read; no reader reads it.
	Building Status = "building"
	// Serving: queries read it. Each projection has one such generation.
	Serving Status = "serving"
	// Retired: another generation serves. This one still receives events, for readers that do not know of the swap yet,
	// for cursors and for a rollback.
	Retired Status = "retired"
	// Dropping: it receives no more events, and its rows are being removed.
	Dropping Status = "dropping"
)

// Build is one generation of a projection.
type Build struct {
	Generation Generation `json:"generation"`
	// Fold is the fold version that makes its rows.
	Fold   int    `json:"fold"`
	Status Status `json:"status"`
	// Segments is the number of parts that its history is divided into.
	Segments int `json:"segments"`
	// Filled means that all its history was read.
	Filled bool `json:"filled"`
	// FilledAt is when it was filled; zero if the time was not recorded.
	FilledAt time.Time `json:"filledAt,omitzero"`
	// Late is true for the first generation of a projection that was added to existing ones. Readers refuse it until it
	// is filled.
	Late bool `json:"late,omitempty"`
	// Lost means that the store has lost its rows: see [Preparing]. It receives no events and is not read. If it was
	// serving, another generation is built to replace it.
	Lost bool `json:"lost,omitempty"`
	// Skips are the stored types of events that its fold did not handle when they were recorded, such as
	// "Order/OrderPlaced".
	Skips []string `json:"skips,omitempty"`
	// WorkerStarted is true once a worker was started that fills the generation or, if it is retired, drops it.
	WorkerStarted bool `json:"tended,omitempty"`
	// Failure is why its rebuild stopped; empty if it did not. A rebuild that is started again continues.
	Failure string `json:"failure,omitempty"`
	// Since is when it got its status.
	Since time.Time `json:"since"`
}

// become sets a build's status, as of now.
func (b *Build) become(s Status, now time.Time) {
	b.Status, b.Since, b.WorkerStarted, b.Failure = s, now.UTC(), false, ""
}

// readable reports whether a serving build shows the events from before it was registered. The answer changes for all
// readers at the same time, unless the build was lost.
func (b *Build) readable(now time.Time) bool { return !b.Lost && b.complete(now) }

// complete reports whether a serving build shows, or has shown until it was lost, the events from before it was
// registered.
func (b *Build) complete(now time.Time) bool {
	return !b.Late || b.Filled && !now.Before(b.FilledAt.Add(RecordCacheAge))
}

// leaves reports whether a build is retired or being dropped.
func (b *Build) leaves() bool { return b.Status == Retired || b.Status == Dropping }

// Record lists one projection's generations.
type Record struct {
	Projection string `json:"projection"`
	// Revision counts the changes of this record, from 1; 0 = not stored yet.
	Revision int64 `json:"revision"`
	// Last is the highest number given to a generation.
	Last Generation `json:"last"`
	// Builds are the generations that have rows.
	Builds []Build `json:"builds"`
	// RolledBackFold is the highest fold version that was rolled back, 0 if none was. The engine does not rebuild it
	// without being asked.
	RolledBackFold int `json:"declined,omitempty"`
	// Outage is the outage of the store of a view apart, nil if there is none: see [Subscription].
	Outage *Outage `json:"outage,omitempty"`
}

// Serving is the build with status Serving. Queries read it from shortly after the swap: see Read.
func (r *Record) Serving() *Build { return r.with(Serving) }

// swapLag is how long after a swap readers may still switch between the generations, and batches that began before it
// may still run.
const swapLag = RecordCacheAge + feedLag

// Read is the build that queries read at a time. A swap takes effect only when every [Reader] knows of it. All
// readers then switch at once, so a client does not go back in time when another process answers it. A lost build
// can't be read, so the one that replaces it is read at once.
func (r *Record) Read(now time.Time) *Build {
	serving := r.Serving()
	if now.Before(serving.Since.Add(RecordCacheAge)) {
		for i := range r.Builds {
			if b := &r.Builds[i]; b.Status == Retired && !b.Lost && b.Since.Equal(serving.Since) {
				return b
			}
		}
	}
	return serving
}

// order says which builds are written first, from 0. A build that readers may switch to must never have less than the
// build that they come from. They will switch to the one being built; shortly after a swap they switch from the retired
// to the serving one; in a rollback they switch back to the retired one.
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

// Building is the build that will serve next, nil if there is none.
func (r *Record) Building() *Build { return r.with(Building) }

func (r *Record) with(s Status) *Build {
	if i := slices.IndexFunc(r.Builds, func(b Build) bool { return b.Status == s }); i >= 0 {
		return &r.Builds[i]
	}
	return nil
}

// Build returns the build of a generation, nil if it does not exist (any more).
func (r *Record) Build(g Generation) *Build {
	if i := slices.IndexFunc(r.Builds, func(b Build) bool { return b.Generation == g }); i >= 0 {
		return &r.Builds[i]
	}
	return nil
}

// clone copies a record, so that a change can be discarded.
func (r *Record) clone() Record {
	out := *r
	out.Builds = slices.Clone(r.Builds)
	return out
}

// first is the record of a projection that has none: its existing rows are generation 1. That generation is late if a
// projection that it replaces was registered, or if others were registered earlier: projections that begin together may
// be registered one after the other. Reactions do not count, because another process registers them; their history is
// not divided.
func first(sub *Subscription, now time.Time, others map[string]Record) Record {
	p := sub.Projection
	b := Build{
		Generation: 1, Fold: p.FoldVersion(), Status: Serving, Segments: defaultSegments, Since: now, Skips: p.skipped(),
	}
	for name, r := range others {
		before := r.Last > 1 || r.Builds[0].Since.Before(now.Add(-begunTogether)) || slices.Contains(sub.Replaces, name)
		b.Late = b.Late || p.rebuilds() && r.Builds[0].Segments > 0 && before
	}
	if !p.rebuilds() {
		b.Segments = 0
	}
	return Record{Projection: p.Name(), Last: 1, Builds: []Build{b}}
}

// begunTogether is the longest time between the registrations of projections that begin together.
const begunTogether = time.Minute

// Catalog stores the generations of all projections, how far their history was read, and how far they were compared
// with it. All reads are strongly consistent. Each method may also return [es.ErrUnavailable] with its cause, and the
// context's error. A method that names no errors has no others, except one that names a record that can't be read.
type Catalog interface {
	// Records returns the record of every projection that has one, in one read.
	Records(ctx context.Context) (map[string]Record, error)

	// Replace stores a record with its revision raised by one, if the stored record still has the given revision.
	//
	// Errors: [ErrStale].
	Replace(ctx context.Context, r Record) error

	// Positions returns the position of each segment of a generation's history that has one.
	Positions(ctx context.Context, projection string, g Generation) (map[int]es.Position, error)

	// SavePosition stores how far a segment was read.
	SavePosition(ctx context.Context, projection string, g Generation, segment int, p es.Position) error

	// Notes returns the notes of a generation, by name.
	Notes(ctx context.Context, projection string, g Generation) (map[string]json.RawMessage, error)

	// SaveNote stores a note of a generation, replacing the note of that name. nil removes it.
	SaveNote(ctx context.Context, projection string, g Generation, name string, note json.RawMessage) error
}

// UnknownFoldError reports that the code lacks the fold version that built the generation.
type UnknownFoldError struct {
	Projection string
	Generation Generation
	Fold       int
}

func (e *UnknownFoldError) Error() string {
	return fmt.Sprintf("generation %d of projection %s was built by its fold version %d, which this code lacks: "+
		"deploy code that has it, or roll the projection back",
		e.Generation, e.Projection, e.Fold)
}
