package viewtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// upgraded is a process with two folds, of which the second serves and the first is retired. Both have these commits.
func (b *bench) upgraded(t *testing.T, commits ...es.Commit) *projection.Engine {
	t.Helper()
	apply(t, b.engine(fold{version: 1}), commits...)
	e := b.engine(fold{version: 2}, fold{version: 1})
	if _, _, err := b.rebuilder(e).Run(t.Context(), "ledger", nil); err != nil {
		t.Fatal(err)
	}
	b.wantStatuses(t, "1 retired, 2 serving")
	b.pass(projection.RecordCacheAge) // all readers know of the swap
	return e
}

// rollBack lets the retired generation 1 serve again.
func (b *bench) rollBack(t *testing.T, e *projection.Engine) {
	t.Helper()
	if g, err := b.rebuilder(e).Rollback(t.Context(), "ledger"); err != nil || g != 1 {
		t.Fatalf("roll back: to generation %d, %v, want 1", g, err)
	}
	b.wantStatuses(t, "1 serving, 2 retired")
	b.pass(projection.RecordCacheAge)
}

// rebuilt: a generation is filled while two processes deliver old and new commits, out of order, and more than once.
// When it serves, readers see what its fold makes; after a rollback, what the former fold makes. A parked stream is
// parked in both.
func rebuilt(seed uint64) func(*testing.T, *bench) {
	return func(t *testing.T, b *bench) {
		b.apart = b.apart || seed%2 == 1
		rng := rand.New(rand.NewPCG(seed, 13))
		folds := []fold{{version: 2}, {version: 1}}
		history := []es.Commit{b.write(t, "parked", noted{"x"}, poisoned{})}
		history = append(history, b.random(t, rng, 24, passed{}, struck{}, noted{"z"}, fanned{7})...)
		apply(t, b.engine(folds[1]), history[:20]...)
		engines := []*projection.Engine{b.engine(folds...), b.engine(folds...)}
		r := b.rebuilder(engines[0])
		build, err := r.Begin(t.Context(), "ledger")
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for segment := range build.Segments {
			wg.Go(func() {
				if _, err := r.Fill(context.Background(), "ledger", build.Generation, segment, nil); err != nil {
					t.Errorf("fill segment %d: %v", segment, err)
				}
			})
		}
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, 1))
			for range 10 {
				apply(t, engines[1], some(rng, history)...)
			}
		})
		for i := range 10 {
			live := b.write(t, string(rune('a'+i%4)), noted{fmt.Sprint("y live ", i)}) // "d" is new
			apply(t, engines[i%2], append(some(rng, history), live)...)
		}
		wg.Wait()
		if _, err := r.Finish(t.Context(), "ledger", build.Generation); err != nil {
			t.Fatal(err)
		}
		b.wantStatuses(t, "1 retired, 2 serving")
		b.pass(projection.RecordCacheAge)
		apply(t, engines[1], b.write(t, "a", struck{}, noted{"z after"}), b.write(t, "e", noted{"x new"}))
		b.wantShown(t, folds[0])
		apply(t, engines[0], b.history(t)...)
		b.rollBack(t, engines[0])
		b.wantShown(t, folds[1])
		for _, g := range []projection.Generation{1, 2} {
			b.wantVerified(t, engines[1], g)
			b.wantParked(t, g, map[string]string{"parked": "failed before 2, seen 2: poison"})
		}
	}
}

// dropped: nothing is left of a generation that is dropped, a late process can't bring it back, and the others are as
// they were. The next rebuild makes a new one.
func dropped(t *testing.T, b *bench) {
	folds := []fold{{version: 2}, {version: 1}}
	e := b.upgraded(t, b.write(t, "a", noted{"x"}, fanned{120}, noted{"y"}),
		b.write(t, "parked", noted{"z"}, poisoned{}))
	late := &halted{View: b.view}
	c := b.write(t, "a", noted{"z"})
	if failed := b.engineOn(late, 100, folds...).Apply(t.Context(), []es.Commit{c}); len(failed) != 1 {
		t.Fatalf("a delivery to a process that is halted: %v, want a failure", failed)
	}
	apply(t, e, c)
	if len(b.holding(t, "in fold 2", 2)) == 0 {
		t.Fatal("generation 2 holds no text of its fold")
	}
	b.rollBack(t, e)
	r := b.rebuilder(e)
	for {
		after, err := r.Tidy(t.Context(), "ledger")
		if err != nil {
			t.Fatal(err)
		}
		if after == 0 {
			break
		}
		b.pass(after)
	}
	b.wantStatuses(t, "1 serving")
	b.wantNothing(t, 2)
	late.wantStale(t)
	b.wantNothing(t, 2)
	if left := b.holding(t, "in fold 2", 1); len(left) > 0 {
		t.Errorf("texts of the dropped generation are in %v", left)
	}
	b.wantShown(t, folds[1])
	b.wantParked(t, 1, map[string]string{"parked": "failed before 2, seen 2: poison"})

	if build, _, err := r.Run(t.Context(), "ledger", nil); err != nil || build.Generation != 3 {
		t.Fatalf("rebuild: generation %d, %v, want 3", build.Generation, err)
	}
	b.wantStatuses(t, "1 retired, 3 serving")
	b.pass(projection.RecordCacheAge)
	b.wantShown(t, folds[0])
}

// wantNothing fails the test if a generation has a row, a checkpoint or a parked stream.
func (b *bench) wantNothing(t *testing.T, g projection.Generation) {
	t.Helper()
	for key := range b.rows(t, g) {
		t.Errorf("generation %d has row %v, want none", g, key)
	}
	for stream := range b.checkpoints(t, g) {
		t.Errorf("generation %d has a checkpoint of %s, want none", g, stream)
	}
	b.wantParked(t, g, map[string]string{})
}

// abandoned: a rebuild that is given up while it fills leaves the serving generation as it was, and is dropped.
func abandoned(t *testing.T, b *bench) {
	c := b.write(t, "a", noted{"x"}, fanned{120})
	apply(t, b.engine(fold{version: 1}), c)
	e := b.engine(fold{version: 2}, fold{version: 1})
	r := b.rebuilder(e)
	build, err := r.Begin(t.Context(), "ledger")
	if err != nil {
		t.Fatal(err)
	}
	apply(t, e, b.write(t, "b", noted{"y"}))
	if err := r.Abandon(t.Context(), "ledger"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Fill(t.Context(), "ledger", build.Generation, 0, nil); !errors.Is(err, projection.ErrNoGeneration) {
		t.Errorf("fill an abandoned generation: %v, want ErrNoGeneration", err)
	}
	b.pass(time.Hour)
	if after, err := r.Tidy(t.Context(), "ledger"); err != nil || after > 0 {
		t.Errorf("tidy: %v, %v, want nothing left to do", after, err)
	}
	b.wantStatuses(t, "1 serving")
	b.wantNothing(t, build.Generation)
	b.wantShown(t, fold{version: 1})
	b.wantVerified(t, e, 1)
}
