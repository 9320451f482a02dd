package projection_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestHostileRebuild: two generations whose folds handle different events are both right, whatever was delivered twice,
// late, out of order or never during the rebuild, and to any number of processes.
func TestHostileRebuild(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { hostileRebuild(t, rand.New(rand.NewPCG(seed, 13))) })
		})
	}
}

func hostileRebuild(t *testing.T, rng *rand.Rand) {
	t.Helper()
	b := newBench()
	b.now = time.Now()
	more := rng.IntN(2) == 0
	newest, former := handling(2, notes, more), handling(1, notes, !more)
	size := func() projection.Config {
		return projection.Config{CacheSize: []int{-1, 1, 3, 100}[rng.IntN(4)], Parallel: 1}
	}
	if err := b.engineOf(projection.Config{}, former).Start(t.Context()); err != nil { // it registers generation 1
		t.Fatal(err)
	}
	engines := []*projection.Engine{b.engineOf(size(), newest, former), b.engineOf(size(), newest, former)}
	ids := []string{"a", "b", "c"}
	var history []es.Commit
	last := map[projection.Generation]map[string]es.Commit{1: {}, 2: {}}
	step := func() {
		if n := rng.IntN(3); n == 0 || len(history) == 0 {
			id := ids[rng.IntN(len(ids))]
			c := b.write(t, id, []noteEvent{Noted{"x"}, Swollen{1}, Swollen{1}, Misplaced{1}, Misplaced{1}}[rng.IntN(5)])
			history = append(history, c)
			for g, fold := range map[projection.Generation]projection.Projection{1: former, 2: newest} {
				if projection.Concerns(fold, &c) {
					last[g][id] = c
				}
			}
			return
		}
		var batch []es.Commit
		for range 1 + rng.IntN(3) {
			batch = append(batch, history[max(0, len(history)-1-rng.IntN(12))])
		}
		apply(t, engines[rng.IntN(2)], batch...)
	}
	steps := func(n int) {
		for range n {
			step()
		}
	}
	steps(40)
	r := b.rebuilder(engines[0])
	build, err := r.Begin(t.Context(), "log")
	if err != nil {
		t.Fatal(err)
	}
	for segment := range build.Segments {
		steps(40)
		if _, err := r.Fill(t.Context(), "log", build.Generation, segment, nil); err != nil {
			t.Fatal(err)
		}
	}
	steps(40)
	if _, err := r.Finish(t.Context(), "log", build.Generation); err != nil {
		t.Fatal(err)
	}
	steps(60)
	for _, id := range ids { // each stream's last commit comes, to any process
		for _, g := range []projection.Generation{1, 2} {
			if c, there := last[g][id]; there {
				apply(t, engines[rng.IntN(2)], c)
			}
		}
	}
	b.wantShown(t, 1, handling(1, notes, !more), slices.Collect(maps.Keys(last[1]))...)
	b.wantShown(t, 2, handling(1, notes, more), slices.Collect(maps.Keys(last[2]))...)
	for _, g := range []projection.Generation{1, 2} {
		if _, err := r.Verify(t.Context(), "log", g); err != nil {
			t.Error(err)
		}
	}
}
