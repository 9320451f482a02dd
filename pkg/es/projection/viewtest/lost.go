package viewtest

import (
	"context"
	"errors"
	"testing"

	"github.com/annals-es/annals/pkg/es/projection"
)

// Losing is a [projection.Preparing] view whose store can lose all that it holds. Lose makes it do so.
type Losing interface {
	Lose(ctx context.Context) error
}

// loseGenerations: what the store has lost is not empty, but lost, until it is prepared again.
func loseGenerations(t *testing.T, f *fixture) {
	p, is := f.View.(projection.Preparing)
	if !is {
		t.Log("left out: the store can't lose a generation")
		return
	}
	f.wantLost(t, 3) // never prepared
	f.fill(t, 1)
	for range 2 { // no second time
		if err := p.Prepare(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	f.wantFilled(t, 1)
	store, is := f.View.(Losing)
	if !is {
		t.Fatal("the view of a store that can lose generations must be Losing, so that the suite can test it")
	}
	if err := store.Lose(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.wantLost(t, 1)
	if err := f.Drop(t.Context(), 2); err != nil {
		t.Errorf("drop a generation that was lost: %v", err)
	}
	if err := p.Prepare(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	f.wantNothing(t, 1)
	f.fill(t, 1)
	f.wantFilled(t, 1)
}

// wantLost fails the test unless all calls say that a generation is lost.
func (f *fixture) wantLost(t *testing.T, g projection.Generation) {
	t.Helper()
	ctx, a := t.Context(), stream("a")
	save := func(rows ...projection.Write) error {
		return f.Save(ctx, g, []projection.CheckpointUpdate{{Stream: a, Next: at(1)}}, rows)
	}
	errs := map[string]error{
		"save": save(),
		"park": f.Park(ctx, g, a, projection.Checkpoint{}, because(1)), "seen": f.Seen(ctx, g, a, 1),
		"parked": nil, "keys": nil, // until they yield an error
	}
	_, errs["checkpoints"] = f.Checkpoints(ctx, g, a)
	for _, err := range f.Parked(ctx, g) {
		errs["parked"] = err
	}
	if len(f.has.kinds()) > 0 {
		for _, err := range f.Keys(ctx, g) {
			errs["keys"] = err
		}
		_, errs["rows"] = f.Rows(ctx, g, own("p", "s"))
	} else {
		delete(errs, "keys")
	}
	if f.has.Own {
		errs["save with a row"] = save(put(key("p", "s"), `1`))
	}
	if f.has.Counters {
		errs["save with a counter"] = save(add(t, key("p", "s"), "n", "1"))
	}
	if f.has.Append {
		errs["append"] = f.Append(ctx, g, line(1, 0, `1`))
	}
	for _, kind := range f.has.kinds() {
		errs["list "+kindNames[kind]] = nil
		for _, err := range f.List(ctx, g, projection.Listing{Kind: kind, Partition: "p", PageSize: 1}) {
			errs["list "+kindNames[kind]] = err
		}
	}
	for call, err := range errs {
		if !errors.Is(err, projection.ErrLost) {
			t.Errorf("%s in generation %d: %v, want ErrLost", call, g, err)
		}
	}
}
