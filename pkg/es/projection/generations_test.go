package projection_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestReadersGoOverAtOnce: a swap takes effect once all readers know of it. The first generation is read at once.
func TestReadersGoOverAtOnce(t *testing.T) {
	t.Parallel()
	swapped := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	serving := projection.Build{Generation: 2, Status: projection.Serving, Since: swapped}
	before := projection.Build{Generation: 1, Status: projection.Retired, Since: swapped}
	for name, test := range map[string]struct {
		builds []projection.Build
		after  time.Duration
		want   projection.Generation
	}{
		"just swapped":    {[]projection.Build{before, serving}, 0, 1},
		"nearly all know": {[]projection.Build{before, serving}, projection.RecordCacheAge - 1, 1},
		"all know":        {[]projection.Build{before, serving}, projection.RecordCacheAge, 2},
		"the first":       {[]projection.Build{serving}, 0, 2},
		"another was given": {
			[]projection.Build{{Generation: 1, Status: projection.Retired, Since: swapped.Add(-time.Hour)}, serving}, 0, 2,
		},
	} {
		r := projection.Record{Builds: test.builds}
		if got := r.Read(swapped.Add(test.after)).Generation; got != test.want {
			t.Errorf("%s: generation %d, want %d", name, got, test.want)
		}
	}
}

// ordered records the order in which generations are written.
type ordered struct {
	projection.View
	saves *[]projection.Generation
}

func (v ordered) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	*v.saves = append(*v.saves, g)
	return v.View.Save(ctx, g, moves, rows)
}

// TestWhoIsWrittenFirst: the generation that readers switch to is written first: before, during and after the switch.
func TestWhoIsWrittenFirst(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engine, b.write(t, "a", Noted{"x"}))
	var saves []projection.Generation
	e := b.engineOn(b.store, ordered{b.view, &saves}, b.catalog, projection.Config{}, logOf(1, false))
	r := b.rebuilder(e)
	expect := func(when, want string) {
		t.Helper()
		saves = nil
		apply(t, e, b.write(t, "a", Noted{"y"}))
		if got := fmt.Sprint(saves); got != want {
			t.Errorf("saves %s: %s, want %s", when, got, want)
		}
	}
	if _, err := r.Begin(t.Context(), "log"); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		expect("while it is built", "[2 1]")
	}
	if _, _, err := r.Run(t.Context(), "log", nil); err != nil {
		t.Fatal(err)
	}
	expect("right after the swap", "[2 1]")
	if _, err := r.Begin(t.Context(), "log"); err != nil {
		t.Fatal(err)
	}
	expect("while the next one is built right after the swap", "[3 2 1]")
	if err := r.Abandon(t.Context(), "log"); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(30 * time.Minute)
	expect("later", "[1 2]") // a rollback would lead to 1
	if _, err := r.Rollback(t.Context(), "log"); err != nil {
		t.Fatal(err)
	}
	expect("right after the rollback", "[1 2]")
}

// TestNobodyGetsAhead: a stream that could not be written in the generation being built is not written in the serving
// one either. Otherwise readers would find less after the swap. Other streams and later deliveries continue.
func TestNobodyGetsAhead(t *testing.T) {
	t.Parallel()
	b := newBench()
	v := &unwritable{View: b.view}
	e := b.engineOn(b.store, v, b.catalog, projection.Config{}, logOf(1, false))
	apply(t, e, b.write(t, "a", Noted{"x"}), b.write(t, "b", Noted{"x"}))
	if _, err := b.rebuilder(e).Begin(t.Context(), "log"); err != nil {
		t.Fatal(err)
	}
	v.generation, v.stream = 2, note("a")
	commits := []es.Commit{b.write(t, "a", Noted{"y"}), b.write(t, "b", Noted{"y"})}
	expect := func(when, want string) {
		t.Helper()
		read, err := b.view.Checkpoints(t.Context(), 1, note("a"), note("b"))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(read[note("a")].Version, read[note("b")].Version); got != want {
			t.Errorf("%s: served versions %s, want %s", when, got, want)
		}
	}
	if failed := e.Apply(t.Context(), commits); len(failed) != 1 || !errors.Is(failed[note("a")], errUnwritable) {
		t.Errorf("streams that failed: %v, want a", failed)
	}
	expect("while it can't be written in generation 2", "1 2")
	if err := e.CatchUp(t.Context(), note("a"), "log"); !errors.Is(err, errUnwritable) {
		t.Errorf("catch up: %v, want the error of the view", err)
	}
	expect("after a catch-up that failed", "1 2")
	v.stream = es.StreamID{}
	apply(t, e, commits...)
	expect("when it can be written again", "2 2")
}

var errUnwritable = errors.New("unwritable")

// unwritable refuses to write one stream of one generation.
type unwritable struct {
	projection.View
	generation projection.Generation
	stream     es.StreamID
}

func (v *unwritable) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	for _, m := range moves {
		if g == v.generation && m.Stream == v.stream {
			return errUnwritable
		}
	}
	return v.View.Save(ctx, g, moves, rows)
}

// TestGroupsAreWrittenAgain: if another engine has advanced one stream of a group, the others are still written
// together.
func TestGroupsAreWrittenAgain(t *testing.T) {
	t.Parallel()
	b := newBench()
	var commits []es.Commit
	var ids []string
	for i := range 20 {
		ids = append(ids, fmt.Sprint(i))
		commits = append(commits, b.write(t, ids[i], Noted{"x"}))
	}
	var saves []projection.Generation
	e := b.engineOn(b.store, ordered{b.view, &saves}, b.catalog, projection.Config{}, logOf(1, false))
	apply(t, e, commits...) // fills the engine's cache
	next := make([]es.Commit, len(ids))
	for i, id := range ids {
		next[i] = b.write(t, id, Noted{"y"})
	}
	apply(t, b.engine, next[7])
	saves = nil
	apply(t, e, next...)
	if len(saves) != 2 {
		t.Errorf("%d writes, want one that fails and one without the stream that was in its way", len(saves))
	}
	b.wantRows(t, 1, logOf(1, false), ids...)
}
