package viewtest

import (
	"context"
	"errors"
	"testing"
	"time"

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

// lose makes the store lose everything. It returns false if the store can't.
func (b *bench) lose(t *testing.T) bool {
	t.Helper()
	store, is := b.view.(Losing)
	if !is {
		t.Log("left out: the store can't lose a generation")
		return false
	}
	if err := store.Lose(t.Context()); err != nil {
		t.Fatal(err)
	}
	return true
}

// recover ends the outage of the store in this process.
func (b *bench) recover(t *testing.T, e *projection.Engine) {
	t.Helper()
	b.pass(time.Minute)
	if _, err := b.rebuilder(e).Recover(t.Context(), "ledger"); err != nil {
		t.Errorf("recover: %v", err)
	}
	b.pass(projection.RecordCacheAge) // all readers know of the swap
}

// lostAndReplaced: deliveries do not fail when the store has lost everything. Readers are refused until another
// generation has all that was ever written. A lost generation can't serve again.
func lostAndReplaced(t *testing.T, b *bench) {
	folds := []fold{{version: 2}, {version: 1}}
	e := b.upgraded(t, b.write(t, "a", noted{"x"}, fanned{7}, noted{"y"}), b.write(t, "parked", noted{"z"}, poisoned{}))
	b.wantShown(t, folds[0])
	if !b.lose(t) {
		return
	}
	b.wantRefused(t)
	apply(t, e, b.write(t, "a", noted{"z"}), b.write(t, "b", noted{"x"}))
	b.wantRefused(t)
	apply(t, e, b.write(t, "c", noted{"y"}))
	b.recover(t, e)
	b.wantStatuses(t, "1 retired, 2 retired, 3 serving")
	b.wantShown(t, folds[0])
	apply(t, e, b.write(t, "a", struck{}), b.write(t, "d", noted{"x"}))
	b.wantShown(t, folds[0])
	b.wantVerified(t, e, 3)
	if _, err := b.rebuilder(e).Rollback(t.Context(), "ledger"); !errors.Is(err, projection.ErrNoGeneration) {
		t.Errorf("roll back to a generation that was lost: %v, want ErrNoGeneration", err)
	}
	for range 9 {
		after, err := b.rebuilder(e).Tidy(t.Context(), "ledger")
		if err != nil {
			t.Fatal(err)
		}
		b.pass(after)
	}
	b.wantStatuses(t, "3 serving")
}

// lostWhileBuilt: what a rebuild had filled is lost, too. The rebuild ends, and another one replaces both generations.
func lostWhileBuilt(t *testing.T, b *bench) {
	a := b.write(t, "a", noted{"x"}, fanned{7})
	e := b.engine(fold{version: 1})
	apply(t, e, a)
	r := b.rebuilder(e)
	build, err := r.Begin(t.Context(), "ledger")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Fill(t.Context(), "ledger", build.Generation, 0, nil); err != nil {
		t.Fatal(err)
	}
	if !b.lose(t) {
		return
	}
	for segment := range build.Segments {
		_, err = r.Fill(t.Context(), "ledger", build.Generation, segment, nil)
	}
	if err == nil {
		_, err = r.Finish(t.Context(), "ledger", build.Generation)
	}
	if err == nil {
		t.Error("a rebuild ended although its first part was lost, want an error")
	}
	apply(t, e, b.write(t, "b", noted{"y"}))
	b.recover(t, e)
	b.wantStatuses(t, "1 retired, 2 dropping, 3 serving")
	b.wantShown(t, fold{version: 1})
	b.wantVerified(t, e, 3)
}

// wantRefused fails the test unless readers are refused.
func (b *bench) wantRefused(t *testing.T) {
	t.Helper()
	s, err := b.reader().Open(t.Context(), "ledger")
	if err == nil {
		_, err = s.Checkpoints(t.Context(), note("a"))
	}
	if !errors.Is(err, projection.ErrLost) && !errors.As(err, new(*projection.NotFilledError)) {
		t.Errorf("read a projection that was lost: %v, want an error", err)
	}
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
