package projection_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// hostility is one run of processes that share a view and a store, with hostile delivery.
type hostility struct {
	*bench
	rng     *rand.Rand
	ids     []string
	history []es.Commit
	last    map[string]es.Commit // the last commit of each stream that concerns the projection
	halted  []*halting
	engines []*projection.Engine
}

// newHostility has two processes whose code can't fold poison, one that folds it wrongly and is always halted before it
// saves, and one that is halted sometimes.
func newHostility(seed uint64) *hostility {
	h := &hostility{bench: newBench(), rng: rand.New(rand.NewPCG(seed, 7)), last: map[string]es.Commit{}}
	h.now = time.Now()
	h.view = memview.New(memview.Config{MaxWrites: 3 + h.rng.IntN(9)})
	h.add("strict", "", nil)
	h.add("strict", "", func(string) bool { return h.rng.IntN(4) == 0 })
	h.add("wrong", "wrong", func(call string) bool { return call == "save" || h.rng.IntN(3) == 0 })
	for i := range 4 {
		h.ids = append(h.ids, fmt.Sprint("s", i))
	}
	return h
}

func (h *hostility) add(code, flavor string, halt func(string) bool) {
	v := &halting{View: h.view, halt: halt}
	cfg := projection.Config{
		CacheSize: []int{
			-1, 1, 2, 100,
		}[h.rng.IntN(4)], Parallel: 1, Budget: 1 + h.rng.IntN(20), CodeVersion: func() string { return code },
	}
	if h.rng.IntN(2) == 0 {
		cfg.Queue = h.queue
	}
	h.halted = append(h.halted, v)
	h.engines = append(h.engines, h.engineOn(h.store, v, h.catalog, cfg, ledgerOf(1, flavor)))
}

// grow appends a commit to a stream.
func (h *hostility) grow(t *testing.T) {
	t.Helper()
	id := h.ids[h.rng.IntN(len(h.ids))]
	var events []noteEvent
	for range 1 + h.rng.IntN(4) {
		n := len(h.history)
		events = append(events, []noteEvent{
			Noted{fmt.Sprint(string(rune('w'+h.rng.IntN(4))), n)}, Noted{fmt.Sprint("x", n)}, Fanned{h.rng.IntN(15)},
			Swollen{1}, Misplaced{1}, Swollen{1}, Misplaced{1}, Poisoned{},
		}[h.rng.IntN(7+h.rng.IntN(7)/6)])
	}
	if h.rng.IntN(2) == 0 {
		events = []noteEvent{Swollen{1}, Misplaced{1}}[:1+h.rng.IntN(2)]
	}
	c := h.write(t, id, events...)
	h.history = append(h.history, c)
	if projection.Concerns(ledgerOf(1, ""), &c) {
		h.last[id] = c
	}
}

// deliver gives a process some of the recent commits, with duplicates and gaps, in any order.
func (h *hostility) deliver(t *testing.T) {
	t.Helper()
	var batch []es.Commit
	for range 1 + h.rng.IntN(6) {
		from := max(0, len(h.history)-1-h.rng.IntN(25))
		batch = append(batch, h.history[from+h.rng.IntN(min(2, len(h.history)-from))])
	}
	h.engines[h.rng.IntN(len(h.engines))].Apply(t.Context(), batch)
}

// resume lets a halted process continue with what it had in memory.
func (h *hostility) resume(ctx context.Context) {
	switch n := h.rng.IntN(len(h.halted)); n {
	case 2: // it saves later
		h.halted[n].resume(ctx, "append")
	default:
		h.halted[n].resume(ctx, "append", "save")
	}
}

// TestHostileDelivery: commits are duplicated, reordered, dropped and delayed; processes are halted and resumed;
// streams are parked, retried and folded again. Once the last commit of each stream has arrived, and parked streams
// were retried by a fold that can apply them, readers see what a plain fold makes.
func TestHostileDelivery(t *testing.T) {
	t.Parallel()
	for seed := range uint64(80) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { newHostility(seed).run(t) })
		})
	}
}

// run makes random things happen for a while, and then brings all to an end.
func (h *hostility) run(t *testing.T) {
	t.Helper()
	for range 150 {
		switch n := h.rng.IntN(12); {
		case n == 11:
			id := h.ids[h.rng.IntN(len(h.ids))]
			_, _ = h.engines[h.rng.IntN(3)].Refold(t.Context(), []es.StreamID{note(id)}, "log")
		case n == 10: // delivers old commits: suspect if alone
			h.now = time.Now().Add(time.Duration(h.rng.IntN(2)) * time.Hour)
		case n < 4:
			h.grow(t)
		case n < 8 && len(h.history) > 0:
			h.deliver(t)
		case n == 8:
			h.resume(t.Context())
		case n == 9:
			_ = h.catchUpOrRetry(t, h.engines[h.rng.IntN(3)], h.ids[h.rng.IntN(len(h.ids))])
		}
	}
	h.end(t)
	h.wantParked(t, map[string]string{})
	h.wantShown(t, 1, ledgerOf(1, "mended"), h.begun()...)
	if _, err := h.rebuilder(h.mended()).Verify(t.Context(), "log", 1); err != nil {
		t.Error(err)
	}
}

// catchUpOrRetry catches up a stream, and half of the time retries it if it is parked.
func (h *hostility) catchUpOrRetry(t *testing.T, e *projection.Engine, id string) error {
	t.Helper()
	if h.rng.IntN(2) == 0 {
		return e.RetryStream(t.Context(), note(id), "log")
	}
	return e.CatchUp(t.Context(), note(id), "log")
}

// mended is a process whose fold handles poison correctly.
func (h *hostility) mended() *projection.Engine {
	return h.engineOf(projection.Config{CodeVersion: func() string { return "mended" }}, ledgerOf(1, "mended"))
}

// end gets all poison parked and retried by the mended fold, while the halted processes continue.
func (h *hostility) end(t *testing.T) {
	t.Helper()
	h.halted[1].halt = nil
	for _, id := range h.ids {
		if err := h.catchUpOrRetry(t, h.engines[1], id); err != nil {
			t.Fatal(err)
		}
	}
	mended := h.mended()
	if _, err := mended.Retry(t.Context(), "log"); err != nil {
		t.Fatal(err)
	}
	for _, id := range h.begun() {
		apply(t, mended, h.last[id])
	}
	for _, v := range h.halted {
		slices.Reverse(v.late)
		v.resume(t.Context(), "save") // it fails, or is harmless
		v.resume(t.Context(), "append")
	}
	for _, j := range h.queue.take() {
		if err := h.rebuilder(mended).Do(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
}

// begun are the streams that the projection has, or should have, data of.
func (h *hostility) begun() (ids []string) {
	for _, id := range h.ids {
		if _, concerned := h.last[id]; concerned {
			ids = append(ids, id)
		}
	}
	return ids
}
