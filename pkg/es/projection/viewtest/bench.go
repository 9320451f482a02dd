package viewtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// The events of the tests: a note is added, replaces the last one, or adds to many shared counters.
type (
	noteEvent interface{ isNote() }
	noted     struct{ Text string }
	renoted   struct{ Text string }
	fanned    struct{ Out int }
	poisoned  struct{ Panic bool }
)

func (noted) isNote()    {}
func (renoted) isNote()  {}
func (fanned) isNote()   {}
func (poisoned) isNote() {}

var noteEvents = es.NewRegistry(
	es.Type[noteEvent]("Noted", 1, noted{}), es.Type[noteEvent]("Renoted", 1, renoted{}),
	es.Type[noteEvent]("Fanned", 1, fanned{}), es.Type[noteEvent]("Poisoned", 1, poisoned{}),
)

var errPoison = errors.New("poison")

// aNote is the aggregate of notes.
var aNote = es.Aggregate[struct{}, noteEvent]{StreamType: "Note", Events: noteEvents}

func note(id string) es.StreamID { return es.StreamID{Type: "Note", ID: id} }

// bench is a store of events, and a view of them.
type bench struct {
	store   *memstore.Store
	catalog *memview.Catalog
	view    projection.View
}

func newBench(view projection.View) *bench {
	return &bench{store: memstore.New(), catalog: memview.NewCatalog(), view: view}
}

// write appends a commit.
func (b *bench) write(t *testing.T, id string, events ...noteEvent) es.Commit {
	t.Helper()
	head, err := b.store.Head(t.Context(), note(id))
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]es.RawEvent, len(events))
	for i, e := range events {
		if raw[i], err = noteEvents.Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	commits, err := b.store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: raw}}})
	if err != nil {
		t.Fatal(err)
	}
	return commits[0].Commit
}

// Searched is a view of which a test can search all that the store holds, also what the view does not show.
type Searched interface {
	projection.View
	// Holding returns what in the store contains a text: as many words as help to find it.
	Holding(ctx context.Context, text string) ([]string, error)
}

// holding returns the rows and checkpoints of all kept generations that contain a text, whether they count or not, and
// what a search of the store finds.
func (b *bench) holding(t *testing.T, text string) (found []string) {
	t.Helper()
	records, err := b.catalog.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, build := range records["ledger"].Builds {
		found = append(found, b.holdingIn(t, build.Generation, text)...)
	}
	if view, ok := b.view.(Searched); ok {
		more, err := view.Holding(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, more...)
	}
	return found
}

func (b *bench) holdingIn(t *testing.T, g projection.Generation, text string) (found []string) {
	t.Helper()
	for key, row := range b.stored(t, g) {
		if strings.Contains(string(row.Row), text) {
			found = append(found, fmt.Sprintf("generation %d, row %v", g, key))
		}
	}
	for stream, cp := range b.checkpoints(t, g) {
		if strings.Contains(fmt.Sprintf("%s %s %+v", cp.State, cp.Slots, cp.Parked), text) {
			found = append(found, fmt.Sprintf("generation %d, checkpoint of %s", g, stream))
		}
	}
	return found
}

// stored are all rows of a generation, without those of lists over an index.
func (b *bench) stored(t *testing.T, g projection.Generation) map[projection.RowKey]projection.Row {
	t.Helper()
	var keys []projection.RowKey
	for key, err := range b.view.Keys(t.Context(), g) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	rows, err := b.view.Rows(t.Context(), g, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// checkpoints are the checkpoints of a generation of all streams.
func (b *bench) checkpoints(t *testing.T, g projection.Generation) map[es.StreamID]projection.Checkpoint {
	t.Helper()
	at, err := b.view.Checkpoints(t.Context(), g, b.streams(t)...)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// streams are all streams of the store.
func (b *bench) streams(t *testing.T) (all []es.StreamID) {
	t.Helper()
	for page, err := range b.store.Scan(t.Context(), es.Segment{Of: 1, Consistent: true}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Commits {
			all = append(all, c.Stream)
		}
	}
	slices.SortFunc(all, func(a, b es.StreamID) int { return strings.Compare(a.ID, b.ID) })
	return slices.Compact(all)
}
