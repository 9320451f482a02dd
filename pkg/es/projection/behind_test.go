package projection_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// long writes a stream with that many commits, and returns the last.
func (b *bench) long(t *testing.T, id string, commits int) (last es.Commit) {
	t.Helper()
	for i := range commits {
		last = b.write(t, id, Noted{fmt.Sprint(i % 10)})
	}
	return last
}

// TestBudget: if a stream misses more than the budget, a batch reads that much and leaves the rest to the queue, like
// all that is delivered until the stream is caught up.
func TestBudget(t *testing.T) {
	t.Parallel()
	b := newBench()
	cfg := b.queued()
	cfg.Budget = 10
	e := b.engineOf(cfg, logOf(1, false))
	other := b.write(t, "b", Noted{"x"})
	b.queue.take()
	apply(t, e, b.long(t, "a", 50), other)
	b.queue.wantJobs(t, "catch-up Note#a")
	at := b.at(t, 1, "a")
	if at.Version != 11 || !at.Behind || b.at(t, 1, "b").Version != 1 {
		t.Errorf("at %d, behind: %v; b at %d", at.Version, at.Behind, b.at(t, 1, "b").Version)
	}
	apply(t, e, b.write(t, "a", Noted{"x"}))
	if got := b.at(t, 1, "a"); got.Version != at.Version {
		t.Errorf("checkpoint after a delivery: version %d", got.Version)
	}
	b.settle(t, b.rebuilder(e))
	if at = b.at(t, 1, "a"); at.Behind {
		t.Error("the stream is still behind")
	}
	b.wantRows(t, 1, logOf(1, false), "a", "b")
	apply(t, e, b.write(t, "a", Noted{"y"}))
	b.queue.wantJobs(t)
	b.wantRows(t, 1, logOf(1, false), "a", "b")
}

// TestBudgetWithoutQueue: without a queue, everything is read at once.
func TestBudgetWithoutQueue(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engineOf(projection.Config{Budget: 10}, logOf(1, false)), b.long(t, "a", 50))
	b.wantRows(t, 1, logOf(1, false), "a")
}

// TestBehindWithoutQueue: without a queue (any more), the next delivery reads everything that is missing.
func TestBehindWithoutQueue(t *testing.T) {
	t.Parallel()
	b := newBench()
	cfg := b.queued()
	cfg.Budget = 10
	b.long(t, "a", 49)
	last := b.write(t, "a", Noted{"x"})
	apply(t, b.engineOf(cfg, logOf(1, false)), last)
	next := b.at(t, 1, "a").Version + 1
	for c, err := range b.store.Read(t.Context(), note("a"), es.Range{From: next, To: next}) {
		if err != nil {
			t.Fatal(err)
		}
		apply(t, b.engine, c)
	}
	b.wantRows(t, 1, logOf(1, false), "a")
}

// TestCatchUpOutOfTime: a catch-up that runs out of time keeps its progress, and leaves the rest to the queue.
func TestCatchUpOutOfTime(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.long(t, "a", 20)
	e := b.engineOf(b.queued(), logOf(1, false))
	apply(t, e) // registers the projection
	b.queue.take()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // under the margin
	defer cancel()
	for range 2 {
		if err := e.CatchUp(ctx, note("a")); err != nil {
			t.Fatal(err)
		}
		b.queue.wantJobs(t, "catch-up Note#a")
		if at := b.at(t, 1, "a"); !at.Behind || at.Version != 0 {
			t.Errorf("checkpoint of a: version %d, behind %v; want 0, behind", at.Version, at.Behind)
		}
	}
	if err := e.CatchUp(t.Context(), note("a"), "log"); err != nil {
		t.Fatal(err)
	}
	b.wantRows(t, 1, logOf(1, false), "a")
}

// TestQueueFails: work that the queue did not take is delivered again.
func TestQueueFails(t *testing.T) {
	t.Parallel()
	b := newBench()
	cfg := b.queued()
	cfg.Budget = 10
	e := b.engineOf(cfg, logOf(1, false))
	apply(t, e)
	last := b.long(t, "a", 50)
	b.queue.take()
	b.queue.err = errOutage
	for range 2 {
		if failed := e.Apply(t.Context(), []es.Commit{last}); len(failed) != 1 {
			t.Errorf("streams that failed: %v, want one", failed)
		}
	}
	b.queue.err = nil
	apply(t, e, last)
	b.settle(t, b.rebuilder(e))
	b.wantRows(t, 1, logOf(1, false), "a")
}

func TestCatchUpOfNothing(t *testing.T) {
	t.Parallel()
	b := newBench()
	if err := b.engine.CatchUp(t.Context(), note("a"), "other"); err == nil {
		t.Error("catch-up of an unknown projection succeeded")
	}
	for _, stream := range []es.StreamID{note("none"), {Type: "Other", ID: "1"}} {
		if err := b.engine.RetryStream(t.Context(), stream); err != nil {
			t.Errorf("retry the stream %s: %v", stream, err)
		}
	}
	if at := b.at(t, 1, "none"); at.Version != 0 {
		t.Errorf("none is at %d", at.Version)
	}
}
