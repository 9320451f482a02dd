package estest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// Store is the store from which [Chaos] reads the history, such as a memstore.Store.
type Store interface {
	es.Reader
	es.Scanner
}

const (
	// SeedVariable is the environment variable that makes [Chaos] run a single seed.
	SeedVariable = "ANNALS_CHAOS_SEED"
	// RoundsVariable is the environment variable with the number of seeds that [Chaos] runs, at least 1.
	RoundsVariable = "ANNALS_CHAOS_ROUNDS"

	defaultRounds = 20
)

// Chaos tests that a projection's rows do not depend on how events are delivered. It delivers the history duplicated,
// reordered, in arbitrary batches and incompletely, to two engines whose saves interleave, with saves that fail, saves
// whose answers are lost, and a low limit of writes per save. Then it catches up all streams. It fails the test unless
// all rows, states and counters equal those of a plain fold in order. A fold that depends on anything but its arguments
// fails this test.
//
// Chaos runs 20 seeds unless [RoundsVariable] says otherwise, and reports the seed that failed. Set ANNALS_CHAOS_SEED
// to this seed to repeat the run.
func Chaos(t T, p projection.Projection, store Store) {
	t.Helper()
	seeds, err := seeds()
	if err != nil {
		t.Errorf("chaos: %v", err)
		return
	}
	h, err := readHistory(store)
	if err != nil {
		t.Errorf("chaos: read history: %v", err)
		return
	}
	plain, err := h.plain(p)
	if err != nil {
		t.Errorf("chaos: plain fold: %v", err)
		return
	}
	again, err := h.plain(p)
	if d := diff(plain, again); err != nil || d != "" {
		t.Errorf("chaos: the fold depends on more than its arguments: "+
			"two plain folds in order differ (-first +second):\n%s%s",
			d, reason(err))
		return
	}
	for _, seed := range seeds {
		got, err := h.hostile(p, seed)
		if d := diff(plain, got); err != nil || d != "" {
			t.Errorf("chaos: seed %d: rows differ from those of a plain fold in order (-plain +chaos):\n%s%s\n"+
				"to repeat this run: %s=%d",
				seed, d, reason(err), SeedVariable, seed)
			return
		}
	}
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// seeds returns the seeds to run.
func seeds() ([]uint64, error) {
	if text := os.Getenv(SeedVariable); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		return []uint64{seed}, err
	}
	rounds := defaultRounds
	if text := os.Getenv(RoundsVariable); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%s=%q: want a number from 1", RoundsVariable, text)
		}
		rounds = n
	}
	seeds := make([]uint64, rounds)
	for i := range seeds {
		seeds[i] = uint64(i + 1)
	}
	return seeds, nil
}

// history holds all commits, in the order in which they were recorded.
type history struct {
	store   es.Reader
	commits []es.Commit
	heads   map[es.StreamID]int64
}

func readHistory(store Store) (*history, error) {
	h := &history{store: store, heads: map[es.StreamID]int64{}}
	for page, err := range store.Scan(context.Background(), es.Segment{Of: 1, Consistent: true}) {
		if err != nil {
			return nil, err
		}
		for _, c := range page.Corrupt {
			return nil, c
		}
		for i := range page.Commits {
			h.heads[page.Commits[i].Stream] = page.Commits[i].LastVersion()
		}
		h.commits = append(h.commits, page.Commits...)
	}
	slices.SortStableFunc(h.commits, func(a, b es.Commit) int { return a.At.Compare(b.At) })
	if len(h.commits) == 0 {
		return nil, errors.New("the store has no commits")
	}
	return h, nil
}

// plain returns the rows of a fold in order, with each commit delivered once.
func (h *history) plain(p projection.Projection) (map[string]string, error) {
	view := memview.New()
	engine := newEngine(h.store, view, memview.NewCatalog(), p, projection.Config{CacheSize: -1})
	for _, c := range h.commits {
		for _, err := range engine.Apply(context.Background(), []es.Commit{c}) {
			return nil, err
		}
	}
	if err := h.level(view, engine); err != nil {
		return nil, err
	}
	return h.dump(view)
}

// hostile returns the rows after chaotic delivery.
func (h *history) hostile(p projection.Projection, seed uint64) (map[string]string, error) {
	rng := rand.New(rand.NewPCG(seed, 0))
	view := memview.New(memview.Config{MaxWrites: []int{3, 4, 7, 100}[rng.IntN(4)]})
	catalog, queue := memview.NewCatalog(), &jobs{}
	f := &faults{View: view, rng: rng, h: h}
	for i := range f.engines {
		f.engines[i] = newEngine(h.store, f, catalog, p, projection.Config{Queue: queue, Budget: 1 + rng.IntN(6)})
	}
	f.forgetful = newEngine(h.store, f, catalog, p, projection.Config{CacheSize: -1})
	f.deliverAll()
	return f.settle(queue)
}
