package projection_test

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// reads counts the commits that are read.
type reads struct {
	es.Reader
	commits int
}

func (r *reads) Read(ctx context.Context, s es.StreamID, rng es.Range) iter.Seq2[es.Commit, error] {
	return func(yield func(es.Commit, error) bool) {
		for c, err := range r.Reader.Read(ctx, s, rng) {
			if r.commits++; !yield(c, err) {
				return
			}
		}
	}
}

// TestShowsVersions: a version is shown if no event up to it that concerns the projection is missing, whatever was
// delivered. Finding out reads at most one page.
func TestShowsVersions(t *testing.T) {
	t.Parallel()
	b := newBench()
	fold := ledgerOf(1, "")
	sub := projection.Subscription{Projection: fold, View: b.view}
	store := &reads{Reader: b.store}
	e := b.engineOn(store, b.view, b.catalog, projection.Config{}, fold)
	r := projection.NewReader(store, b.catalog, projection.ReaderConfig{}, sub)
	shows := func(id string, version int64) bool {
		t.Helper()
		s, err := r.Open(t.Context(), "log")
		if err != nil {
			t.Fatal(err)
		}
		v := es.StreamVersion{Stream: note(id), Version: version}
		store.commits = 0
		got, err := s.Progress(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		if store.commits > 150 {
			t.Errorf("%s: %d commits were read", v, store.commits)
		}
		all, err := e.StreamProgress(t.Context(), v)
		if err != nil || len(all) != 1 || all[0].Shows != got.Shows || all[0].Checkpoint.Version != got.Version {
			t.Errorf("%s: the engine has %+v, %v, the session %v at %d", v, all, err, got.Shows, got.Version)
		}
		return got.Shows
	}
	apply(t, e, b.write(t, "a", Noted{"x"}, Swollen{1}))
	for range 10 {
		apply(t, e, b.write(t, "a", Swollen{1}, Misplaced{1}))
	}
	missed := b.write(t, "a", Swollen{1}, Noted{"x"}) // 23 and 24
	b.write(t, "a", Swollen{1})
	for range 300 {
		b.write(t, "quiet", Swollen{1})
	}
	b.write(t, "parked", Swollen{1})
	apply(t, e, b.write(t, "parked", Poisoned{}))
	apply(t, e, b.write(t, "parked", Swollen{1}))
	for _, test := range []struct {
		id      string
		version int64
		want    bool
	}{
		{"a", 1, true}, {"a", 2, true}, {"a", 3, true}, {"a", 22, true}, {"a", 23, false}, {"a", 24, false}, {"a", 25, false},
		{"a", 26, false},
		{"quiet", 1, true}, {"quiet", 49, true}, {"quiet", 50, false}, {"quiet", 300, false}, {"quiet", 301, false},
		{"parked", 2, false}, {"parked", 3, false}, {"none", 1, false}, {"none", 0, true},
	} {
		if got := shows(test.id, test.version); got != test.want {
			t.Errorf("%s@%d is shown: %v, want %v", test.id, test.version, got, test.want)
		}
	}
	apply(t, e, missed)
	for _, id := range []string{"quiet", "a"} {
		if err := e.CatchUp(t.Context(), note(id), "log"); err != nil {
			t.Fatal(err)
		}
	}
	if !shows("a", 25) || shows("a", 26) || !shows("quiet", 300) {
		t.Error("once projected, a must be shown up to version 25, and quiet at 300")
	}
}

// TestReconcileUnconcerned: streams whose last events do not concern the projection are up to date: nothing is healed
// or written, and a verification finds no difference.
func TestReconcileUnconcerned(t *testing.T) {
	t.Parallel()
	b := newBench()
	e, m := b.metered(projection.Config{}, ledgerOf(1, ""))
	for i := range 5 {
		id := fmt.Sprint(i)
		apply(t, e, b.write(t, id, Swollen{1}))
		if i > 0 {
			apply(t, e, b.write(t, id, Noted{"x"}, Swollen{1}))
		}
		for range i * 30 {
			apply(t, e, b.write(t, id, Swollen{1}))
		}
	}
	m.view.calls, m.catalog.calls, m.store.calls = 0, 0, 0
	r := b.reconciler(e, b.store)
	before := b.shown(t, 1, "0", "1", "2", "3", "4")
	found, err := r.Reconcile(t.Context())
	if err != nil || found.Healed != 0 || found.Streams != 5 || found.Parked != 0 {
		t.Errorf("reconcile: %+v, %v, want 5 streams, none healed, none parked", found, err)
	}
	m.want(t, "reconciled", 3, 3, 0) // the checkpoints and the record, once a segment
	if diff := cmp.Diff(before, b.shown(t, 1, "0", "1", "2", "3", "4")); diff != "" {
		t.Errorf("versions shown (-before +after):\n%s", diff)
	}
	report, err := b.rebuilder(e).Verify(t.Context(), "log", 1)
	if err != nil || report.Streams != 5 || report.Compared != 4 {
		t.Errorf("verify: %+v, %v, want 5 streams, 4 of them compared", report, err)
	}
	b.write(t, "0", Swollen{1}, Noted{"x"})
	if found, err = r.Reconcile(t.Context()); err != nil || found.Healed != 1 {
		t.Errorf("reconcile: %+v, %v, want 1 checkpoint healed", found, err)
	}
	b.wantShown(t, 1, ledgerOf(1, ""), "0", "1", "2", "3", "4")
}

// TestFoldsOfOtherHandlers: with two fold versions that handle different events, each generation has what concerns its
// own fold, and the generation that readers switch to is written first.
func TestFoldsOfOtherHandlers(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]bool{"the newer handles more": true, "the newer handles less": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench()
			newest, former := handling(2, notes, more), handling(1, notes, !more)
			apply(t, b.engineOf(projection.Config{}, former), b.write(t, "a", Noted{"x"}))
			var saves []projection.Generation
			cfg := projection.Config{Parallel: 1}
			e := b.engineOn(b.store, ordered{b.view, &saves}, b.catalog, cfg, newest, former)
			r := b.rebuilder(e)
			if _, err := r.Begin(t.Context(), "log"); err != nil {
				t.Fatal(err)
			}
			only := "[1]"
			if more {
				only = "[2]"
			}
			for _, step := range []struct {
				events []noteEvent
				want   string
			}{
				{[]noteEvent{Noted{"x"}}, "[2 1]"}, {[]noteEvent{Swollen{1}}, only}, {[]noteEvent{Misplaced{1}}, "[]"},
				{[]noteEvent{Swollen{1}, Noted{"x"}}, "[2 1]"}, {[]noteEvent{Swollen{1}, Misplaced{1}}, only},
				{[]noteEvent{Noted{"x"}}, "[2 1]"},
			} {
				saves = nil
				apply(t, e, b.write(t, "a", step.events...))
				if got := fmt.Sprint(saves); got != step.want {
					t.Errorf("%v: %s is written, want %s", step.events, got, step.want)
				}
			}
			for _, g := range []projection.Generation{1, 2} {
				if _, err := r.Verify(t.Context(), "log", g); err != nil {
					t.Error(err)
				}
			}
			if _, _, err := r.Run(t.Context(), "log", nil); err != nil {
				t.Fatal(err)
			}
			b.wantShown(t, 1, handling(1, notes, !more), "a")
			b.wantShown(t, 2, handling(1, notes, more), "a")
		})
	}
}
