package viewtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// halted is the view of a process that is halted before each save. Its saves run later.
type halted struct {
	projection.View
	mu   sync.Mutex
	late []func(context.Context) error
}

var errHalted = errors.New("the process is halted")

func (v *halted) Save(
	_ context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.late = append(v.late, func(ctx context.Context) error { return v.View.Save(ctx, g, moves, rows) })
	return errHalted
}

// hostileLedgers: processes receive duplicates in any order, concurrently. One is halted before each save, and its
// fold makes other rows. Streams are parked, retried, and refolded by all processes at once. In the end readers see
// what a plain fold makes.
func hostileLedgers(seed uint64) func(*testing.T, *bench) {
	return func(t *testing.T, b *bench) {
		rng := rand.New(rand.NewPCG(seed, 11))
		wrong := &halted{View: b.view}
		process := func(flavor string, view projection.View, size int) *projection.Engine {
			cfg := projection.Config{CacheSize: size, CodeVersion: func() string { return flavor }}
			return projection.NewEngine(b.store, b.catalog, cfg, projection.Subscription{
				Projection: ledgerOf(flavor), View: view,
			})
		}
		ids := []string{"a", "b", "c"}
		var history, last []es.Commit
		for i := range 16 {
			for _, id := range ids {
				events := []noteEvent{
					renoted{}, noted{string(rune('x'+rng.IntN(3))) + fmt.Sprint(i)}, fanned{rng.IntN(150)}, poisoned{}, renoted{},
				}
				from := rng.IntN(3)
				if i == 0 || i == 15 {
					from = 1
				}
				history = append(history, b.write(t, id, events[from:from+1+rng.IntN(2)]...))
			}
		}
		last = history[len(history)-len(ids):]
		var wg sync.WaitGroup
		for n, e := range []*projection.Engine{
			process("", b.view, 100), process("", b.view, 1), process("wrong", wrong, 100),
		} {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(seed, uint64(n)))
				for i := range 10 {
					if i%4 == 3 { // by several at once; some conflict, or are halted
						_, _ = e.Refold(context.Background(), []es.StreamID{note(ids[rng.IntN(len(ids))])})
					}
					var batch []es.Commit
					for range 1 + rng.IntN(8) {
						batch = append(batch, history[rng.IntN(len(history))])
					}
					e.Apply(context.Background(), batch) // some are halted
				}
			})
		}
		wg.Wait()
		for _, id := range ids {
			if err := process("", b.view, 100).CatchUp(t.Context(), note(id)); err != nil {
				t.Fatal(err)
			}
		}
		mended := process("mended", b.view, 100)
		if _, err := mended.Retry(t.Context(), "ledger"); err != nil {
			t.Fatal(err)
		}
		if failed := mended.Apply(t.Context(), last); len(failed) > 0 {
			t.Fatal(failed)
		}
		for _, late := range wrong.late {
			if err := late(t.Context()); err == nil {
				t.Error("a halted process saves")
			}
		}
		plain, view := memview.NewCatalog(), memview.New(memview.Config{})
		e := projection.NewEngine(b.store, plain, projection.Config{}, projection.Subscription{
			Projection: ledgerOf("mended"), View: view,
		})
		for _, id := range ids {
			if err := e.CatchUp(t.Context(), note(id)); err != nil {
				t.Fatal(err)
			}
		}
		got, want := shownBy(t, b.store, b.catalog, b.view, ids...), shownBy(t, b.store, plain, view, ids...)
		if diff := cmp.Diff(want, got); diff != "" || len(want) < 100 {
			t.Errorf("of %d rows (-plain +got):\n%s", len(want), diff)
		}
		if keys := slices.Sorted(maps.Keys(got)); !slices.Contains(keys, "counter 000") {
			t.Errorf("counters: %v, want counter 000 among them", keys)
		}
		r := projection.NewRebuilder(mended, b.store, projection.RebuildConfig{Segments: 2})
		if report, err := r.Verify(t.Context(), "ledger", 1); err != nil || report.Compared != 3 {
			t.Errorf("verify: %+v, %v, want 3 streams compared", report, err)
		}
	}
}
