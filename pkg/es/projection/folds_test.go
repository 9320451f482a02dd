package projection_test

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestUpgrade: when code with a newer fold starts, a generation is built. The previous generation still receives
// events, and is dropped when it is due.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engine, b.write(t, "a", Noted{"x"}), b.write(t, "b", Noted{"y"}))
	e := b.engineOf(b.queued(), logOf(2, false), logOf(1, false))
	for range 2 { // the second start has nothing to do
		if err := e.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	started := maps.Clone(b.machine.started)
	b.machine.wantStarts(t, "log-1", "log-2") // the first generation was never filled
	b.machine.started = started
	apply(t, e, b.write(t, "a", Noted{"z"}))
	r := b.rebuilder(e)
	b.settle(t, r)
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.machine.wantStarts(t) // the worker that swapped drops the retired generation
	if got := b.statuses(t); got != "1 retired, 2 serving" {
		t.Fatal(got)
	}
	apply(t, e, b.write(t, "a", Noted{"later"}))
	b.wantRows(t, 1, logOf(1, false), "a", "b")
	b.wantRows(t, 2, logOf(2, false), "a", "b")

	for _, step := range []struct {
		after  time.Duration
		keep   time.Duration
		status string
	}{
		{0, time.Hour, "1 retired, 2 serving"},
		{time.Hour - time.Second, time.Second, "1 retired, 2 serving"},
		{time.Second, 2 * time.Minute, "1 dropping, 2 serving"}, // running batches may feed it
		{time.Minute, 2 * time.Minute, "1 dropping, 2 serving"},
		{time.Minute, 0, "2 serving"},
		{0, 0, "2 serving"},
	} {
		b.now = b.now.Add(step.after)
		keep, err := r.Drop(t.Context(), "log", 1)
		if err != nil || keep != step.keep || b.statuses(t) != step.status {
			t.Fatalf("after %v: %v, %v, %s, want %v, %s", step.after, keep, err, b.statuses(t), step.keep, step.status)
		}
	}
	if left := b.rows(t, 1, "a"); len(left) != 1 {
		t.Errorf("rows of the interrupted start: %v, want one", left)
	}
	next, err := r.Begin(t.Context(), "log")
	if err != nil || next.Generation != 3 {
		t.Errorf("generation %d is next, %v", next.Generation, err)
	}
}

// TestUpgradeInterrupted: whatever call fails during a start, a later start gets the generation built.
func TestUpgradeInterrupted(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		for n := 1; ; n++ {
			b := newBench()
			apply(t, b.engine, b.write(t, "a", Noted{"x"}))
			again := func() error {
				return b.engineOf(b.queued(), logOf(2, false), logOf(1, false)).Start(t.Context())
			}
			f := &faults{fail: n, lost: lost}
			cfg := projection.Config{Queue: f.queue(b.queue), Starter: f.starter(b.machine)}
			e := b.engineOn(b.store, f.view(b.view), f.catalog(b.catalog), cfg, logOf(2, false), logOf(1, false))
			_ = e.Start(t.Context())
			done := !f.failed()
			if err := again(); err != nil {
				t.Fatal(err)
			}
			b.settle(t, b.rebuilder(b.engineOf(b.queued(), logOf(2, false), logOf(1, false))))
			if got := b.statuses(t); got != "1 retired, 2 serving" {
				t.Errorf("call %d failed (after its effect: %v): generations %s", n, lost, got)
			}
			if done {
				break
			}
		}
	}
}

// TestFirstFillIsNotForgotten: the same for the first generation of a projection.
func TestFirstFillIsNotForgotten(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.write(t, "a", Noted{"x"})
	b.machine.err = errOutage
	e := b.engineOf(b.queued(), logOf(1, false))
	if err := e.Start(t.Context()); !errors.Is(err, errOutage) {
		t.Fatal(err)
	}
	b.machine.err = nil
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.settle(t, b.rebuilder(e))
	b.wantRows(t, 1, logOf(1, false), "a")
	if got := b.statuses(t); got != "1 serving" || !b.building(t, 1).Filled {
		t.Errorf("generations after the start: %s, builds %+v; want 1 serving, filled", got, b.record(t).Builds)
	}
}

// TestUnknownFold: code that lacks the serving fold does not start. If it was already running, it leaves the projection
// to newer code through the queue, and fails without a queue.
func TestUnknownFold(t *testing.T) {
	t.Parallel()
	b := newBench()
	c := b.write(t, "a", Noted{"x"})
	apply(t, b.engine, c)
	e := b.engineOf(b.queued(), logOf(2, false))
	var unknown *projection.UnknownFoldError
	if err := e.Start(t.Context()); !errors.As(err, &unknown) || unknown.Generation != 1 || unknown.Fold != 1 {
		t.Errorf("start without the fold that serves: %v, want UnknownFoldError", err)
	}
	apply(t, e, c)
	if err := e.CatchUp(t.Context(), note("a"), "log"); err != nil {
		t.Errorf("catch up: %v", err)
	}
	b.queue.wantJobs(t, "catch-up Note#a", "catch-up Note#a")
	unqueued := b.engineOf(projection.Config{}, logOf(2, false))
	if failed := unqueued.Apply(t.Context(), []es.Commit{c}); failed[note("a")] == nil {
		t.Error("a commit was neither applied nor queued, but did not fail")
	}
}

// TestOldCode: code that is older than the generation being built leaves that generation to the queue, does not build
// it, and serves the generation that it knows.
func TestOldCode(t *testing.T) {
	t.Parallel()
	b := newBench()
	if err := b.engine.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	newer, old := b.engineOf(b.queued(), logOf(2, false), logOf(1, false)), b.engineOf(b.queued(), logOf(1, false))
	if err := newer.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.rebuilder(newer).Begin(t.Context(), "log"); err != nil {
		t.Fatal(err)
	}
	apply(t, old, b.write(t, "a", Noted{"x"}))
	job := b.queue.jobs[0]
	b.queue.wantJobs(t, "catch-up Note#a")
	if one, two := b.at(t, 1, "a").Version, b.at(t, 2, "a").Version; one != 1 || two != 0 {
		t.Errorf("versions in generations 1 and 2: %d and %d, want 1 and 0", one, two)
	}
	if err := b.rebuilder(old).Do(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	b.queue.wantJobs(t, jobText(job))
	var unknown *projection.UnknownFoldError
	if _, err := b.rebuilder(old).Fill(t.Context(), "log", 2, 0, nil); !errors.As(err, &unknown) || unknown.Fold != 2 {
		t.Errorf("fill with old code: %v, want UnknownFoldError of fold 2", err)
	}
	var oldCode *projection.OldCodeError
	if _, err := finish(t.Context(), b.rebuilder(old), b.machine.started["log-2"]); !errors.As(err, &oldCode) ||
		oldCode.Wants != 2 || oldCode.Fold != 1 {
		t.Errorf("advance the machine with old code: %v, want that it needs fold 2", err)
	}
	if err := b.rebuilder(newer).Do(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	b.wantRows(t, 2, logOf(2, false), "a")
	silent := b.engineOf(projection.Config{}, logOf(1, false)) // without a queue it can't be deferred
	if failed := silent.Apply(t.Context(), []es.Commit{b.write(t, "a", Noted{"y"})}); len(failed) != 1 {
		t.Errorf("streams that failed: %v, want one", failed)
	}
}

// TestNewestOfThree: a generation that is being built is given up for one of a newer fold, and dropped.
func TestNewestOfThree(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engine, b.write(t, "a", Noted{"x"}))
	two := b.engineOf(b.queued(), logOf(2, false), logOf(1, false))
	if _, err := b.rebuilder(two).Begin(t.Context(), "log"); err != nil {
		t.Fatal(err)
	}
	three := b.engineOf(b.queued(), logOf(3, false), logOf(2, false), logOf(1, false))
	if err := three.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := b.rebuilder(three)
	b.settle(t, r)
	b.now = b.now.Add(3 * time.Minute)
	if after, err := r.Tidy(t.Context(), "log"); err != nil || after != 57*time.Minute {
		t.Errorf("more to do after %v, %v", after, err)
	}
	if got := b.statuses(t); got != "1 retired, 3 serving" {
		t.Error(got)
	}
}
