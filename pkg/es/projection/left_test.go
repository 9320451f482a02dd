package projection_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// closing is a context whose deadline is far away until it is said to be near.
type closing struct {
	context.Context
	near *atomic.Bool
}

func (c closing) Deadline() (time.Time, bool) {
	if c.near.Load() {
		return time.Now().Add(time.Second), true // under the margin
	}
	return time.Now().Add(time.Hour), true
}

// noticing is a store that calls on before a stream is read.
type noticing struct {
	es.Store
	on func(es.StreamID)
}

func (r noticing) Read(ctx context.Context, s es.StreamID, versions es.Range) iter.Seq2[es.Commit, error] {
	r.on(s)
	return r.Store.Read(ctx, s, versions)
}

// TestReconcileOutOfTime: if the time ends in the middle of a page, its position is not passed, and the streams that
// are still behind are counted. The next call levels them.
func TestReconcileOutOfTime(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engine)
	for _, id := range []string{"a", "b", "c"} {
		b.write(t, id, Noted{"x"})
	}
	near := &atomic.Bool{}
	cfg := b.queued()
	cfg.Parallel = 1
	store := noticing{b.store, func(s es.StreamID) { near.Store(s == note("b")) }}
	r := b.reconciler(b.engineOn(store, b.view, b.catalog, cfg, logOf(1, false)), b.store)
	ctx := closing{t.Context(), near}
	at, found, err := r.ReconcileSegment(ctx, 0, 1, "")
	found.Units = 0
	if diff := cmp.Diff(projection.Reconciled{Healed: 1, Left: 2}, found); diff != "" || at != "" || err != nil {
		t.Errorf("at %q, %v (-want +got):\n%s", at, err, diff)
	}
	if got := b.at(t, 1, "c"); got.Behind || got.Version != 0 {
		t.Errorf("a stream was reconciled without time for it: %+v", got)
	}
	at, found, err = b.reconciler(b.engine, b.store).ReconcileSegment(t.Context(), 0, 1, at)
	found.Units = 0
	if diff := cmp.Diff(projection.Reconciled{Streams: 3, Healed: 2}, found); diff != "" || at != es.End || err != nil {
		t.Errorf("again: at %q, %v (-want +got):\n%s", at, err, diff)
	}
}

// TestReconcileAtALowRate: if the wait for the next page is longer than the time that is left, the position after the
// page that was read is kept.
func TestReconcileAtALowRate(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engine)
	for i := range 10 {
		b.write(t, fmt.Sprint(i), Noted{"x"})
	}
	r := projection.NewRebuilder(b.engineOf(b.queued(), logOf(1, false)), small{b.store}, projection.RebuildConfig{
		Reconcile: projection.ReconcileConfig{MinAge: -1, UnitsPerSecond: 1e-6},
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5500*time.Millisecond) // 0.5 s more than the margin
	defer cancel()
	at, found, err := r.ReconcileSegment(ctx, 0, 1, "")
	if err != nil || at == "" || at == es.End || found.Healed != 2 {
		t.Errorf("reconcile until the deadline: ends at %q, %+v, %v; want a cursor and 2 checkpoints healed", at, found, err)
	}
}

// overtaken is a view in which another process always saves first.
type overtaken struct{ projection.View }

func (overtaken) Save(
	context.Context, projection.Generation, []projection.CheckpointUpdate, []projection.Write,
) error {
	return projection.ErrStale
}

// TestReconcileContended: a stream that others keep advancing is left, and does not end the reconciliation.
func TestReconcileContended(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engine)
	b.write(t, "a", Noted{"x"})
	e := b.engineOn(b.store, overtaken{b.view}, b.catalog, b.queued(), logOf(1, false))
	at, found, err := b.reconciler(e, b.store).ReconcileSegment(t.Context(), 0, 1, "")
	if err != nil || at != es.End || found.Left != 1 {
		t.Errorf("reconcile the rest: ends at %q, %+v, %v; want the end and 1 left", at, found, err)
	}
}

// TestReconcileNamed: only the named projections are compared.
func TestReconcileNamed(t *testing.T) {
	t.Parallel()
	b := newBench()
	one, two := b.named("one"), b.named("two")
	e := b.engineFor(one, two)
	apply(t, e)
	b.write(t, "a", Noted{"x"})
	r := b.reconciler(e, b.store)
	if _, found, err := r.ReconcileSegment(t.Context(), 0, 1, "", "two"); err != nil || found.Healed != 1 {
		t.Errorf("reconcile the segment: %+v, %v, want 1 checkpoint healed", found, err)
	}
	read, err := one.View.Checkpoints(t.Context(), 1, note("a"))
	if err != nil || read[note("a")].Version != 0 {
		t.Errorf("checkpoint of the other projection: %+v, %v", read, err)
	}
	_, _, err = r.ReconcileSegment(t.Context(), 0, 1, "", "three")
	if unknown := new(projection.UnknownProjectionError); !errors.As(err, &unknown) || unknown.Projection != "three" {
		t.Errorf("reconcile an unknown projection: %v, want UnknownProjectionError", err)
	}
	if _, _, err := r.ReconcileSegment(t.Context(), 0, 1e9, ""); err == nil {
		t.Error("a billion segments are read")
	}
}
