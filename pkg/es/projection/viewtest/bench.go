package viewtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// bench is a store of events, and an empty view of them.
type bench struct {
	has     Features
	store   *memstore.Store
	catalog *memview.Catalog
	view    projection.View
	apart   bool         // whether its engines treat the view as a store of its own
	ahead   atomic.Int64 // nanoseconds
}

// newBench prepares the first generation: the view of the first process may be one that fails in a test.
func newBench(t *testing.T, view projection.View, has Features) *bench {
	t.Helper()
	p, loses := view.(projection.Preparing)
	if loses {
		if err := p.Prepare(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	return &bench{has: has, store: memstore.New(), catalog: memview.NewCatalog(), view: view, apart: loses}
}

// isGone reports whether an error says that a generation does not exist in a store that knows that.
func (b *bench) isGone(err error) bool {
	_, loses := b.view.(projection.Preparing)
	return loses && errors.Is(err, projection.ErrLost)
}

// now is the clock of all processes.
func (b *bench) now() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) }

func (b *bench) pass(d time.Duration) { b.ahead.Add(int64(d)) }

var quiet = slog.New(slog.DiscardHandler)

// engine is a process whose code has these folds, the newest first. Code that folds poison otherwise is another build.
func (b *bench) engine(folds ...fold) *projection.Engine { return b.engineOn(b.view, 100, folds...) }

func (b *bench) engineOn(view projection.View, cacheSize int, folds ...fold) *projection.Engine {
	cfg := projection.Config{
		CacheSize: cacheSize, CodeVersion: func() string { return folds[0].takes }, Log: quiet, Now: b.now,
	}
	sub := projection.Subscription{Projection: folds[0].of(b.has), View: view, Apart: b.apart}
	for _, former := range folds[1:] {
		sub.Former = append(sub.Former, former.of(b.has))
	}
	return projection.NewEngine(b.store, b.catalog, cfg, sub)
}

func (b *bench) rebuilder(e *projection.Engine) *projection.Rebuilder {
	return projection.NewRebuilder(e, b.store, projection.RebuildConfig{Segments: 2, VerifySample: 1000, Log: quiet})
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
	commits, err := b.store.Append(t.Context(), es.Append{
		Writes: []es.Write{{Head: head, Events: raw}}, Meta: es.Meta{Actor: "ann", CorrelationID: "corr"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return commits[0].Commit
}

func apply(t *testing.T, e *projection.Engine, commits ...es.Commit) {
	t.Helper()
	if failed := e.Apply(t.Context(), commits); len(failed) > 0 {
		t.Fatalf("streams that failed: %v, want none", failed)
	}
}

// history is all that was ever written, one stream after the other.
func (b *bench) history(t *testing.T) (all []es.Commit) {
	t.Helper()
	for page, err := range b.store.Scan(t.Context(), es.Segment{Of: 1, Consistent: true}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Commits...)
	}
	return all
}

// streams are the streams of the store, by name.
func (b *bench) streams(t *testing.T) (all []es.StreamID) {
	t.Helper()
	for _, c := range b.history(t) {
		all = append(all, c.Stream)
	}
	slices.SortFunc(all, func(a, b es.StreamID) int { return strings.Compare(a.ID, b.ID) })
	return slices.Compact(all)
}

// checkpoints are the checkpoints of all streams in a generation.
func (b *bench) checkpoints(t *testing.T, g projection.Generation) map[es.StreamID]projection.Checkpoint {
	t.Helper()
	at, err := b.view.Checkpoints(t.Context(), g, b.streams(t)...)
	if err != nil && !b.isGone(err) {
		t.Fatal(err)
	}
	return at
}

// rows are all rows of a generation, without those of lists over an index.
func (b *bench) rows(t *testing.T, g projection.Generation) map[projection.RowKey]projection.Row {
	t.Helper()
	var keys []projection.RowKey
	for key, err := range b.view.Keys(t.Context(), g) {
		if b.isGone(err) {
			return nil
		}
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	rows, err := b.view.Rows(t.Context(), g, keys...)
	if err != nil && !b.isGone(err) {
		t.Fatal(err)
	}
	return rows
}

// parked are the parked streams of a generation, by id, such as "failed before 2, seen 4: poison".
func (b *bench) parked(t *testing.T, g projection.Generation) map[string]string {
	t.Helper()
	parked := map[string]string{}
	for p, err := range b.view.Parked(t.Context(), g) {
		if b.isGone(err) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		parked[p.Stream.ID] = fmt.Sprintf("%s before %d, seen %d: %s", p.Reason, p.Version, p.Seen, p.Error)
	}
	return parked
}

func (b *bench) wantParked(t *testing.T, g projection.Generation, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, b.parked(t, g)); diff != "" {
		t.Errorf("parked in generation %d (-want +got):\n%s", g, diff)
	}
}

// statuses are the generations with their statuses, such as "1 retired, 2 serving".
func (b *bench) statuses(t *testing.T) string {
	t.Helper()
	records, err := b.catalog.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, build := range records["ledger"].Builds {
		all = append(all, fmt.Sprint(build.Generation, " ", build.Status))
	}
	return strings.Join(all, ", ")
}

func (b *bench) wantStatuses(t *testing.T, want string) {
	t.Helper()
	if got := b.statuses(t); got != want {
		t.Errorf("generations: %s, want %s", got, want)
	}
}

// wantVerified fails the test unless a generation is what a plain fold makes of all streams, of which some are parked.
func (b *bench) wantVerified(t *testing.T, e *projection.Engine, g projection.Generation) {
	t.Helper()
	report, err := b.rebuilder(e).Verify(t.Context(), "ledger", g)
	if want := len(b.streams(t)) - len(b.parked(t, g)); err != nil || report.Compared != want {
		t.Errorf("verify generation %d: %+v, %v, want %d streams compared", g, report, err, want)
	}
}

// Searched is a view of which a test can search all that the store holds, also what the view does not show.
type Searched interface {
	projection.View
	// Holding returns where the store holds a text.
	Holding(ctx context.Context, text string) ([]string, error)
}

// holding is where a text is in these generations: in rows, whether they count or not, in checkpoints, and where a
// search of the store finds it.
func (b *bench) holding(t *testing.T, text string, generations ...projection.Generation) (found []string) {
	t.Helper()
	for _, g := range generations {
		for key, row := range b.rows(t, g) {
			if strings.Contains(string(row.Row), text) {
				found = append(found, fmt.Sprintf("generation %d, row %v", g, key))
			}
		}
		for stream, cp := range b.checkpoints(t, g) {
			if strings.Contains(fmt.Sprintf("%s %s %+v", cp.State, cp.Slots, cp.Parked), text) {
				found = append(found, fmt.Sprintf("generation %d, checkpoint of %s", g, stream))
			}
		}
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
