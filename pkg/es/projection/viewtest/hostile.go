package viewtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// halted is the view of a process that is halted before each save, once it has made some. Its saves run later.
type halted struct {
	projection.View
	mu    sync.Mutex
	saves int // that it makes
	late  []func(context.Context) error
}

var errHalted = errors.New("the process is halted")

func (v *halted) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.saves > 0 {
		err := v.View.Save(ctx, g, moves, rows)
		if err == nil {
			v.saves--
		}
		return err
	}
	v.late = append(v.late, func(ctx context.Context) error { return v.View.Save(ctx, g, moves, rows) })
	return errHalted
}

// wantStale lets a halted process continue with its saves, and fails the test if one succeeds.
func (v *halted) wantStale(t *testing.T) {
	t.Helper()
	if len(v.late) == 0 {
		t.Error("the halted process has not saved, want saves that are late")
	}
	for _, late := range v.late {
		if err := late(t.Context()); !errors.Is(err, projection.ErrStale) && !errors.Is(err, projection.ErrLost) {
			t.Errorf("a late save: %v, want ErrStale, or ErrLost where the store knows that the generation is gone", err)
		}
	}
}

// random are commits of three streams, in turn, that begin and end with a text. One of them makes more rows than a
// transaction of DynamoDB holds.
func (b *bench) random(t *testing.T, rng *rand.Rand, commits int, pool ...noteEvent) (all []es.Commit) {
	t.Helper()
	for i := range commits {
		events := []noteEvent{noted{string(rune('x'+rng.IntN(3))) + fmt.Sprint(" ", i)}}
		if i > 2 && i < commits-3 && rng.IntN(2) == 0 {
			events = nil
		}
		for range 1 + rng.IntN(2) {
			events = append(events, pool[rng.IntN(len(pool))])
		}
		if i == commits/2 {
			events = append(events, fanned{120})
		}
		all = append(all, b.write(t, string(rune('a'+i%3)), events...))
	}
	return all
}

// some are commits in any order, of which some may be there several times.
func some(rng *rand.Rand, history []es.Commit) (batch []es.Commit) {
	for range 1 + rng.IntN(8) {
		batch = append(batch, history[rng.IntN(len(history))])
	}
	return batch
}

// hostileLedgers: processes receive duplicates in any order, concurrently. One is halted before each save, and its
// fold makes other rows. Streams are parked, retried, and refolded by all processes at once. In the end readers see
// what a plain fold makes.
func hostileLedgers(seed uint64) func(*testing.T, *bench) {
	return func(t *testing.T, b *bench) {
		b.apart = b.apart || seed%2 == 1
		rng := rand.New(rand.NewPCG(seed, 11))
		history := b.random(t, rng, 27, passed{}, struck{}, noted{"y"}, fanned{7}, poisoned{})
		strict, mending := fold{version: 1}, fold{version: 1, takes: "mended"}
		wrong := &halted{View: b.view}
		var wg sync.WaitGroup
		for n, e := range []*projection.Engine{
			b.engineOn(b.view, 100, strict), b.engineOn(b.view, 1, strict),
			b.engineOn(wrong, 100, fold{version: 1, takes: "wrong"}),
		} {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(seed, uint64(n)))
				for i := range 10 {
					if i%4 == 3 { // by several at once; some conflict, or are halted
						_, _ = e.Refold(context.Background(), []es.StreamID{history[rng.IntN(3)].Stream})
					}
					e.Apply(context.Background(), some(rng, history)) // some are halted
				}
			})
		}
		wg.Wait()
		for _, stream := range b.streams(t) {
			if err := b.engine(strict).CatchUp(t.Context(), stream); err != nil {
				t.Fatal(err)
			}
		}
		mended := b.engine(mending)
		if _, err := mended.Retry(t.Context(), "ledger"); err != nil {
			t.Fatal(err)
		}
		for _, stream := range b.streams(t) { // beyond what the halted process has seen
			apply(t, mended, b.write(t, stream.ID, noted{"z last"}))
		}
		wrong.wantStale(t)
		b.wantShown(t, mending)
		b.wantVerified(t, mended, 1)
	}
}

// hostileDelivery: commits are duplicated, reordered, dropped and delivered to two processes at once, and no delivery
// fails. Once the last commit of each stream has arrived, readers see what a plain fold makes.
func hostileDelivery(seed uint64) func(*testing.T, *bench) {
	return func(t *testing.T, b *bench) {
		b.apart = b.apart || seed%2 == 1
		rng := rand.New(rand.NewPCG(seed, 1))
		history := b.random(t, rng, 45, noted{"z"}, struck{}, struck{}, passed{}, fanned{7})
		var wg sync.WaitGroup
		for n := range uint64(2) {
			e := b.engine(fold{version: 1})
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(seed, 2+n))
				for range 12 {
					if failed := e.Apply(context.Background(), some(rng, history)); len(failed) > 0 {
						t.Errorf("streams that failed: %v, want none", failed)
					}
				}
			})
		}
		wg.Wait()
		e := b.engine(fold{version: 1})
		apply(t, e, slices.Concat(history[len(history)-3:], history[:3])...)
		b.wantShown(t, fold{version: 1})
		b.wantVerified(t, e, 1)
	}
}
