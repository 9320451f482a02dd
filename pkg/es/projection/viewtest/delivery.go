package viewtest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// manyRowsOfAnEvent: an event that writes more rows than a save holds is written in parts, each once.
func manyRowsOfAnEvent(t *testing.T, b *bench) {
	e, c := b.engine(fold{version: 1}), b.write(t, "a", noted{"x"}, fanned{250}, noted{"y"})
	apply(t, e, c)
	apply(t, b.engine(fold{version: 1}), c)
	apply(t, e, c, b.write(t, "a", fanned{b.view.MaxWrites() + 1}))
	b.wantShown(t, fold{version: 1})
	b.wantVerified(t, e, 1)
}

// haltedInAnEvent: of two processes that are halted in the parts of an event, neither writes a part that the other, or
// a third, has written.
func haltedInAnEvent(t *testing.T, b *bench) {
	c := b.write(t, "a", noted{"x"}, fanned{2*b.view.MaxWrites() + 50}, noted{"y"})
	var halts []*halted
	for range 2 { // the second continues after the first part
		v := &halted{View: b.view, saves: 1}
		if failed := b.engineOn(v, 100, fold{version: 1}).Apply(t.Context(), []es.Commit{c}); len(failed) != 1 {
			t.Fatalf("a delivery to a process that is halted: %v, want a failure", failed)
		}
		halts = append(halts, v)
	}
	halts[0].wantStale(t)
	e := b.engine(fold{version: 1})
	apply(t, e, c)
	for _, v := range halts {
		v.wantStale(t)
	}
	b.wantShown(t, fold{version: 1})
	b.wantVerified(t, e, 1)
}

// broken fails every other save before it is sent, and loses the answer of every other save that is sent.
type broken struct {
	projection.View
	saves atomic.Int64
}

var errBroken = errors.New("connection lost")

func (v *broken) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	switch v.saves.Add(1) % 4 {
	case 1:
		return errBroken
	case 3:
		_ = v.View.Save(ctx, g, moves, rows)
		return errBroken
	}
	return v.View.Save(ctx, g, moves, rows)
}

// interruptedAnywhere: a save that failed, or whose answer was lost, is repeated and counts once.
func interruptedAnywhere(t *testing.T, b *bench) {
	e := b.engineOn(&broken{View: b.view}, 100, fold{version: 1})
	commits := []es.Commit{
		b.write(t, "a", noted{"x"}, fanned{250}), b.write(t, "a", noted{"y"}), b.write(t, "a", fanned{120}),
		b.write(t, "b", noted{"z"}), b.write(t, "b", struck{}, noted{"x"}),
	}
	failures := 0
	for ; len(e.Apply(t.Context(), commits)) > 0; failures++ {
		if failures > 50 {
			t.Fatal("the projection did not end in the number of tries")
		}
	}
	if failures == 0 {
		t.Error("no save failed")
	}
	b.wantShown(t, fold{version: 1})
	b.wantVerified(t, b.engine(fold{version: 1}), 1)
}

// parking: a stream that can't be folded is parked alone, after its earlier events were applied. A retry by the mended
// fold catches it up, including what was delivered in the meantime.
func parking(t *testing.T, b *bench) {
	strict, mending := fold{version: 1}, fold{version: 1, takes: "mended"}
	e := b.engine(strict)
	bad := []es.Commit{b.write(t, "bad", noted{"x"}, poisoned{}, noted{"y"}), b.write(t, "bad", noted{"z"})}
	panics, good := b.write(t, "panics", poisoned{Panic: true}), b.write(t, "good", noted{"x"})
	apply(t, e, bad[0], panics, good, es.Commit{Stream: es.StreamID{Type: "Other", ID: "1"}})
	apply(t, e, bad...)
	apply(t, e, bad[0])
	want := map[string]string{
		"bad": "failed before 2, seen 4: poison", "panics": "failed before 1, seen 1: panic: poison",
	}
	b.wantParked(t, 1, want)
	b.wantShown(t, strict)

	if err := e.RetryStream(t.Context(), note("bad"), "ledger"); err != nil { // not mended
		t.Error(err)
	}
	b.wantParked(t, 1, want)
	late := &halted{View: b.view}
	delayed := b.engineOn(late, 100, mending)
	if err := delayed.RetryStream(t.Context(), note("bad")); !errors.Is(err, errHalted) {
		t.Errorf("retry by a process that is halted: %v", err)
	}
	mended := b.engine(mending)
	if err := mended.RetryStream(t.Context(), note("bad")); err != nil {
		t.Error(err)
	}
	delete(want, "bad")
	b.wantParked(t, 1, want)
	late.wantStale(t)
	apply(t, mended, panics) // another build of the code tries it without being asked
	b.wantParked(t, 1, map[string]string{})
	b.wantShown(t, mending)
	b.wantVerified(t, mended, 1)
}
