package projection_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// forgetting is one run of processes that show texts, or show them erased, of streams that are forgotten one by one.
// The last process keeps its old knowledge, and is halted before each save. The others may be halted at any call.
type forgetting struct {
	*bench
	rng       *rand.Rand
	ids       []string
	history   []es.Commit
	begun     map[string]bool // the streams that have something which concerns the projection
	forgotten map[es.StreamID]bool
	clean     map[string]bool // those that were folded again since
	halted    []*halting
	engines   []*projection.Engine
}

func newForgetting(seed uint64, extras bool) *forgetting {
	f := &forgetting{bench: newBench(), rng: rand.New(rand.NewPCG(seed, 17)), forgotten: map[es.StreamID]bool{}}
	f.begun, f.clean = map[string]bool{}, map[string]bool{}
	f.now = time.Now()
	most := 3 + f.rng.IntN(12)
	// what is written of half an event is counted, so only events that have as many rows in each answer may be divided
	if extras {
		most = max(most, 6)
	}
	f.view = memview.New(memview.Config{MaxWrites: most})
	know := func(s es.StreamID) bool { return f.forgotten[s] }
	f.add(diaryOf(1, know, extras, false), func(string) bool { return f.rng.IntN(9) == 0 })
	f.add(diaryOf(1, know, extras, false), func(string) bool { return f.rng.IntN(4) == 0 })
	f.add(diaryOf(1, readable, extras, true), func(call string) bool { return call == "save" || f.rng.IntN(3) == 0 })
	f.ids = []string{"s0", "s1", "s2"}
	return f
}

func (f *forgetting) add(fold projection.Projection, halt func(string) bool) {
	v := &halting{View: f.view, halt: halt}
	cfg := projection.Config{
		CacheSize: []int{-1, 1, 100}[f.rng.IntN(3)], Parallel: 1, Budget: 1 + f.rng.IntN(20),
		CodeVersion: func() string { return fmt.Sprint(len(f.engines)) },
	}
	if f.rng.IntN(2) == 0 {
		cfg.Queue = f.queue
	}
	f.halted = append(f.halted, v)
	f.engines = append(f.engines, f.engineOn(f.store, v, f.catalog, cfg, fold))
}

// step makes one random thing happen, by one of the first n processes, or by a halted one that continues. The version
// that readers see never goes back.
func (f *forgetting) step(t *testing.T, n int) {
	t.Helper()
	id, e := f.ids[f.rng.IntN(len(f.ids))], f.engines[f.rng.IntN(n)]
	before := f.at(t, 1, id)
	switch n := f.rng.IntN(14); {
	case n < 4:
		f.grow(t, id)
	case n < 8 && len(f.history) > 0:
		var batch []es.Commit
		for range 1 + f.rng.IntN(5) {
			from := max(0, len(f.history)-1-f.rng.IntN(20))
			batch = append(batch, f.history[from+f.rng.IntN(min(2, len(f.history)-from))])
		}
		e.Apply(t.Context(), batch)
	case n < 10:
		f.halted[f.rng.IntN(3)].resume(t.Context(), []string{"append", "save"}[f.rng.IntN(2)])
	case n < 12:
		if f.rng.IntN(2) == 0 {
			_ = e.RetryStream(t.Context(), note(id), "log")
		} else {
			_ = e.CatchUp(t.Context(), note(id), "log")
		}
	default:
		if _, err := e.Refold(t.Context(), []es.StreamID{note(id)}, "log"); err == nil && f.forgotten[note(id)] {
			f.clean[id] = true
		}
	}
	if after := f.at(t, 1, id); after.Version < before.Version || after.Epoch() < before.Epoch() {
		t.Errorf("%s went back from version %d, epoch %d, to %d, %d",
			id, before.Version, before.Epoch(), after.Version, after.Epoch())
	}
}

// grow appends a commit.
func (f *forgetting) grow(t *testing.T, id string) {
	t.Helper()
	events := []noteEvent{
		Noted{fmt.Sprint("secret ", len(f.history))}, Fanned{f.rng.IntN(7)}, Noted{"secret"}, Swollen{1}, Poisoned{},
	}
	from := f.rng.IntN(3 + f.rng.IntN(5)/4)
	c := f.write(t, id, events[from:min(len(events), from+1+f.rng.IntN(2))]...)
	f.history = append(f.history, c)
	f.begun[id] = f.begun[id] || projection.Concerns(diaryOf(1, readable, false, false), &c)
}

// wantClean fails the test if a forgotten text is still shown of a stream that was refolded since.
func (f *forgetting) wantClean(t *testing.T) {
	t.Helper()
	for id := range f.clean {
		for key, row := range f.shown(t, 1, id) {
			if (key == id || strings.HasSuffix(key, "|Note#"+id) || strings.HasPrefix(key, id+" slot")) &&
				strings.Contains(row, "secret") {
				t.Fatalf("%s was forgotten, but %s shows it: %s", id, key, row)
			}
		}
	}
}

// TestHostileForgetting: streams are forgotten while processes are halted and resumed, also during refolds. Once a
// process that does not know the texts has refolded a stream, none of its texts is shown, whatever a halted process
// still saves. In the end none is stored.
func TestHostileForgetting(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { newForgetting(seed, seed%2 == 0).run(t, seed%2 == 0) })
		})
	}
}

func (f *forgetting) run(t *testing.T, extras bool) {
	t.Helper()
	for range 80 {
		f.step(t, 3)
	}
	for _, id := range f.ids[:2] { // from now on, only halted processes know the texts
		f.forgotten[note(id)] = true
	}
	for range 100 {
		f.step(t, 2)
		f.wantClean(t)
	}
	fold := diaryOf(1, func(s es.StreamID) bool { return f.forgotten[s] }, extras, true)
	e := f.engineOf(projection.Config{CodeVersion: func() string { return "mended" }}, fold)
	begun := slices.Sorted(maps.Keys(f.begun))
	begun = slices.DeleteFunc(begun, func(id string) bool { return !f.begun[id] })
	for _, id := range begun {
		refold(t, e, id)
		if err := e.RetryStream(t.Context(), note(id), "log"); err != nil {
			t.Fatal(err)
		}
		f.clean[id] = f.forgotten[note(id)]
		if !f.clean[id] {
			delete(f.clean, id)
		}
		for _, v := range f.halted {
			v.resume(t.Context(), "save", "append")
			f.wantClean(t)
		}
	}
	f.wantParked(t, map[string]string{})
	f.wantShown(t, 1, fold, begun...)
	f.verify(t, e, 1)
	refold(t, e, begun...) // empties late rows that only the old fold makes
	f.wantShown(t, 1, fold, begun...)
	f.verify(t, e, 1)
	for key, row := range f.stored(t, 1) {
		for _, id := range f.ids[:2] {
			if strings.HasSuffix(key.Sort, "|Note#"+id) && strings.Contains(string(row.Row), "secret") {
				t.Errorf("row with a forgotten text: %v", key)
			}
		}
	}
}
