package projection_test

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// reconciler is a rebuilder of an engine that compares all streams, however young.
func (b *bench) reconciler(e *projection.Engine, s es.Scanner) *projection.Rebuilder {
	return projection.NewRebuilder(e, s, projection.RebuildConfig{Reconcile: projection.ReconcileConfig{
		Segments: 3, MinAge: -1, UnitsPerSecond: -1,
	}})
}

// TestReconcile: streams whose first, last or only commits were never delivered are caught up; the others are not
// touched. A stream that can't be folded is parked, and counted from then on.
func TestReconcile(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engine, b.write(t, "level", Noted{"x"}), b.write(t, "tail", Noted{"x"}), b.write(t, "parked", Poisoned{}))
	b.write(t, "tail", Noted{"y"}, Noted{"z"})
	b.write(t, "whole", Noted{"x"})
	b.write(t, "whole", Noted{"y"})
	b.write(t, "poison", Noted{"x"}, Poisoned{})
	ids := []string{"level", "tail", "whole", "poison", "parked"}
	r := b.reconciler(b.engine, b.store)
	for i, want := range []projection.Reconciled{{Streams: 5, Healed: 2, Parked: 2}, {Streams: 5, Parked: 2}} {
		got, err := r.Reconcile(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got.Units = 0
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("run %d (-want +got):\n%s", i+1, diff)
		}
	}
	b.wantRows(t, 1, logOf(1, false), ids...)
	b.wantParked(t, map[string]string{"poison": "failed before 2, seen 0", "parked": "failed before 1, seen 1"})
}

// TestReconcileByJobs: a reconciliation is divided into jobs. A job that runs out of time enqueues one that continues
// there.
func TestReconcileByJobs(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engine)
	var ids []string
	for i := range 40 {
		ids = append(ids, fmt.Sprint(i))
		b.write(t, ids[i], Noted{"x"})
	}
	var healed, ends int
	r := projection.NewRebuilder(b.engineOf(b.queued(), logOf(1, false)), small{b.store},
		projection.RebuildConfig{Reconcile: projection.ReconcileConfig{
			Segments: 3, MinAge: -1, UnitsPerSecond: -1,
			Observe: func(found projection.ReconciledPart) {
				healed += found.Healed
				if found.Ended {
					ends++
				}
			},
		}})
	if err := r.Do(t.Context(), projection.Job{Task: projection.Reconcile}); err != nil {
		t.Fatal(err)
	}
	jobs := b.queue.take()
	if len(jobs) != 3 {
		t.Fatalf("jobs: %+v, want 3", jobs)
	}
	late, cancel := context.WithTimeout(t.Context(), time.Second) // under the margin
	defer cancel()
	if err := r.Do(late, jobs[0]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]projection.Job{jobs[0]}, b.queue.take()); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	jobs[1].Position = middle(t, b.store, jobs[1])
	for _, j := range jobs {
		if err := r.Do(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
	behind := 0
	for _, id := range ids {
		if b.at(t, 1, id).Version == 0 {
			behind++
		}
	}
	if behind != 4 { // those before the position
		t.Errorf("%d streams are behind, want the 4 that were acknowledged without a projection", behind)
	}
	if ends != len(jobs) || healed != len(ids)-behind {
		t.Errorf("observed %d ends of segments, and %d healed", ends, healed)
	}
	if err := r.Do(t.Context(), projection.Job{Task: projection.Reconcile, Segment: 3, Of: 3}); err == nil {
		t.Error("a segment that does not exist was reconciled")
	}
}

// small makes pages of 2 commits.
type small struct{ es.Scanner }

func (s small) Scan(ctx context.Context, seg es.Segment) iter.Seq2[es.ScanPage, error] {
	seg.Limit = 2
	return s.Scanner.Scan(ctx, seg)
}

// middle is the position after two pages of a job's segment.
func middle(t *testing.T, s es.Scanner, j projection.Job) es.Position {
	t.Helper()
	pages := 0
	for page, err := range (small{s}).Scan(t.Context(), es.Segment{Index: j.Segment, Of: j.Of}) {
		if err != nil {
			t.Fatal(err)
		}
		if pages++; pages == 2 {
			return page.Next
		}
	}
	t.Fatal("the test needs a scan of two pages")
	return ""
}

// TestReconcileLeavesTheYoungAlone: recent commits are still on their way.
func TestReconcileLeavesTheYoungAlone(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.now = time.Now()
	apply(t, b.engine)
	b.write(t, "a", Noted{"x"})
	r := projection.NewRebuilder(b.engine, b.store, projection.RebuildConfig{})
	for _, step := range []struct {
		later  time.Duration
		healed int
	}{{0, 0}, {2 * time.Minute, 1}} {
		b.now = b.now.Add(step.later)
		if got, err := r.Reconcile(t.Context()); err != nil || got.Healed != step.healed || got.Streams != 1 {
			t.Errorf("reconcile %v later: %+v, %v, want %d checkpoints healed", step.later, got, err, step.healed)
		}
	}
}

// TestReconcileGenerations: all generations that are fed and filled are compared. A generation that is being built is
// caught up by its rebuild.
func TestReconcileGenerations(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engine, b.write(t, "a", Noted{"x"}))
	e := b.engineOf(projection.Config{}, logOf(2, false), logOf(1, false))
	r := b.reconciler(e, b.store)
	build, err := r.Begin(t.Context(), "log")
	if err != nil {
		t.Fatal(err)
	}
	b.write(t, "a", Noted{"y"})
	if got, err := r.Reconcile(t.Context()); err != nil || got.Healed != 1 || b.at(t, 1, "a").Version != 2 ||
		b.at(t, build.Generation, "a").Version != 0 {
		t.Errorf("reconcile: %+v, %v, want 1 checkpoint healed, and none in the unfilled generation", got, err)
	}
	if _, _, err := r.Run(t.Context(), "log", nil); err != nil {
		t.Fatal(err)
	}
	b.write(t, "a", Noted{"z"})
	if got, err := r.Reconcile(t.Context()); err != nil || got.Healed != 2 {
		t.Errorf("reconcile with the generations %s: %+v, %v, want 2 checkpoints healed", b.statuses(t), got, err)
	}
	b.wantRows(t, 1, logOf(1, false), "a")
	b.wantRows(t, 2, logOf(2, false), "a")
}

// TestReconcileReactions: a reaction gets what was never delivered since it exists, and nothing older. Streams whose
// last commit is older do not even get a checkpoint.
func TestReconcileReactions(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.now = time.Now().Add(48 * time.Hour) // a reaction that begins then
	var heard []string
	reaction := reaction.New(reactionTo(func(text string, _ es.Command) error {
		heard = append(heard, text)
		return nil
	}))
	e := b.engineOf(projection.Config{}, reaction)
	r := b.reconciler(e, b.store)
	b.write(t, "old", Noted{"before"})
	if got, err := r.Reconcile(t.Context()); err != nil || got.Healed != 0 || got.Streams != 1 || len(heard) > 0 ||
		b.at(t, 1, "old").Version != 0 {
		t.Errorf("reconcile: %+v, %v, notified %v; want none healed", got, err, heard)
	}

	b = newBench()
	b.now = time.Now()
	e = b.engineOf(projection.Config{}, reaction)
	r = b.reconciler(e, b.store)
	apply(t, e, b.write(t, "a", Noted{"first"}))
	b.write(t, "a", Noted{"lost"})
	b.write(t, "b", Poisoned{})
	if got, err := r.Reconcile(t.Context()); err != nil || got.Healed != 1 || got.Parked != 1 {
		t.Errorf("reconcile: %+v, %v, want 1 checkpoint healed and 1 stream parked", got, err)
	}
	if diff := cmp.Diff([]string{"first", "lost"}, heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

// TestReconcileInterrupted: whichever call fails, another run catches up everything.
func TestReconcileInterrupted(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		b := newBench()
		apply(t, b.engine, b.write(t, "a", Noted{"x"}), b.write(t, "b", Poisoned{}))
		b.write(t, "a", Noted{"y"})
		f := &faults{fail: n}
		e := b.engineOn(f.reader(b.store), f.view(b.view), f.catalog(b.catalog), projection.Config{CacheSize: -1},
			logOf(1, false))
		_, err := b.reconciler(e, b.store).Reconcile(t.Context())
		done := !f.failed()
		if done == (err != nil) {
			t.Errorf("call %d fails: %v", n, err)
		}
		if _, err := b.reconciler(b.engine, b.store).Reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.wantRows(t, 1, logOf(1, false), "a", "b")
		if done {
			return
		}
	}
}
