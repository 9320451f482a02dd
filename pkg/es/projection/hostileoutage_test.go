package projection_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// mortal is a process that may end at any call of the catalog or the queue: before the call, or after it. Later calls
// have no effect.
type mortal struct {
	projection.Catalog
	queue projection.Queue
	rng   *rand.Rand
	armed bool
	dead  bool
}

func (m *mortal) call(do func() error) error {
	if m.dead {
		return errHalted
	}
	if m.armed && m.rng.IntN(5) == 0 {
		m.dead = true
		if m.rng.IntN(2) == 0 {
			_ = do()
		}
		return errHalted
	}
	return do()
}

func (m *mortal) Records(ctx context.Context) (out map[string]projection.Record, err error) {
	err = m.call(func() error { out, err = m.Catalog.Records(ctx); return err })
	return out, err
}

func (m *mortal) Replace(ctx context.Context, r projection.Record) error {
	return m.call(func() error { return m.Catalog.Replace(ctx, r) })
}

func (m *mortal) Enqueue(ctx context.Context, delay time.Duration, jobs ...projection.Job) error {
	return m.call(func() error { return m.queue.Enqueue(ctx, delay, jobs...) })
}

// flap is one run of processes that end at any time, on a store of its own that is away at any time.
type flap struct {
	*apart
	rng     *rand.Rand
	ids     []string
	history []es.Commit
	// undelivered were not handled by a process that stayed alive.
	undelivered []es.Commit
	begun       map[string]bool // the streams that have something which concerns log
	mortals     []*mortal
	engines     []*projection.Engine
}

func newFlap(seed uint64) *flap {
	f := &flap{apart: newApart(), rng: rand.New(rand.NewPCG(seed, 23)), begun: map[string]bool{}}
	f.ids = []string{"s0", "s1", "s2", "s3"}
	f.mortals, f.engines = make([]*mortal, 3), make([]*projection.Engine, 3)
	for i := range f.engines {
		f.restart(i)
	}
	return f
}

// restart begins a process anew. Its code can't fold poison.
func (f *flap) restart(i int) {
	m := &mortal{Catalog: f.catalog, queue: f.queue, rng: f.rng}
	cfg := projection.Config{
		Queue: m, CacheSize: []int{-1, 1, 100}[f.rng.IntN(3)], Budget: 1 + f.rng.IntN(20),
		CodeVersion: func() string { return "strict" },
	}
	f.mortals[i], f.engines[i] = m, f.processOn(m, cfg, ledgerOf(1, ""))
}

// grow appends a commit.
func (f *flap) grow(t *testing.T) {
	t.Helper()
	id, n := f.ids[f.rng.IntN(len(f.ids))], len(f.history)
	var events []noteEvent
	for range 1 + f.rng.IntN(3) {
		events = append(events, []noteEvent{
			Noted{fmt.Sprint(string(rune('w'+f.rng.IntN(4))), n)}, Fanned{f.rng.IntN(9)}, Swollen{1}, Poisoned{},
		}[f.rng.IntN(3+f.rng.IntN(9)/8)])
	}
	c := f.write(t, id, events...)
	f.history, f.undelivered = append(f.history, c), append(f.undelivered, c)
	f.begun[id] = f.begun[id] || projection.Concerns(ledgerOf(1, ""), &c)
}

// deliver gives a process a batch: what was not delivered yet, in any order and with gaps, and some older commits. The
// batch fails only if the process ends.
func (f *flap) deliver(t *testing.T, i int) {
	t.Helper()
	f.rng.Shuffle(len(f.undelivered), func(i, j int) {
		f.undelivered[i], f.undelivered[j] = f.undelivered[j], f.undelivered[i]
	})
	n := f.rng.IntN(len(f.undelivered) + 1)
	batch := slices.Clone(f.undelivered[:n])
	for range f.rng.IntN(3) {
		batch = append(batch, f.history[f.rng.IntN(len(f.history))])
	}
	if len(batch) == 0 {
		return
	}
	left, reached := f.isAway(t), f.remote.reached()
	began := time.Now()
	failed := f.engines[i].Apply(t.Context(), batch)
	if took := time.Since(began); took > 5*time.Second+100*time.Millisecond { // and pauses after conflicts
		t.Errorf("a batch took %v", took)
	}
	if left && f.remote.reached() != reached {
		t.Errorf("%d calls of a store that is known to be away", f.remote.reached()-reached)
	}
	if f.mortals[i].dead {
		return // the batch is delivered again
	}
	if len(failed) > 0 {
		t.Errorf("streams that failed: %v, want none", failed)
	}
	f.undelivered = f.undelivered[n:]
	for i := range batch {
		f.wantNear(t, batch[i])
	}
}

// isAway reports whether batches leave log out.
func (f *flap) isAway(t *testing.T) bool {
	t.Helper()
	o := f.record(t).Outage
	return o != nil && !o.Recovering
}

// do takes a job from the queue. A job that failed is delivered again.
func (f *flap) do(t *testing.T, i int) {
	t.Helper()
	if len(f.queue.jobs) == 0 {
		return
	}
	n := f.rng.IntN(len(f.queue.jobs))
	j := f.queue.jobs[n]
	f.queue.jobs = slices.Delete(f.queue.jobs, n, n+1)
	if err := f.rebuilder(f.engines[i]).Do(t.Context(), j); err != nil {
		f.queue.jobs = append(f.queue.jobs, j)
		if _, away := errors.AsType[*projection.OutageError](err); away {
			t.Errorf("job %+v: %v", j, err)
		}
	}
}

// step makes one random thing happen. The process to which it happens may end.
func (f *flap) step(t *testing.T) {
	t.Helper()
	i := f.rng.IntN(len(f.engines))
	f.mortals[i].armed = f.rng.IntN(3) == 0
	switch n := f.rng.IntN(16); {
	case n < 4:
		f.grow(t)
	case n < 9 && len(f.history) > 0:
		f.deliver(t, i)
	case n < 12:
		f.do(t, i)
	case n < 14:
		is := []state{answering, answering, failing, losing, hanging}[f.rng.IntN(5)]
		f.remote.becomes(is, f.rng.IntN(12))
	case n == 14:
		f.now = f.now.Add(time.Duration(f.rng.IntN(150)) * time.Second)
	default:
		stream := note(f.ids[f.rng.IntN(len(f.ids))])
		f.queue.jobs = append(f.queue.jobs, []projection.Job{
			{Task: projection.FoldAgain, Projection: "log", Stream: stream},
			{Task: projection.CatchUp, Projection: "log", Stream: stream, Retry: true},
			{Task: projection.Reconcile},
		}[f.rng.IntN(3)])
	}
	if f.mortals[i].dead {
		f.restart(i)
	}
	f.mortals[i].armed = false
}

// TestHostileOutage: the store of one projection goes away and comes back at any call, processes end at any step of
// recording and ending an outage, deliveries are late, repeated, out of order and with gaps. No batch fails or waits
// because of it, and the other projection is always up to date. When the store is back, and the queue is empty, readers
// of both projections see what a plain fold makes.
func TestHostileOutage(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { newFlap(seed).run(t) })
		})
	}
}

func (f *flap) run(t *testing.T) {
	t.Helper()
	for range 250 {
		f.step(t)
	}
	f.remote.becomes(answering, 0)
	cfg := projection.Config{Queue: f.queue, CodeVersion: func() string { return "mended" }}
	mended := f.process(cfg, ledgerOf(1, "mended"))
	apply(t, mended, f.undelivered...)
	r := f.rebuilder(mended)
	f.bench.run(t, r)
	f.wantOutage(t, "none")
	if err := mended.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.bench.run(t, r)
	f.wantParked(t, map[string]string{})
	var begun []string
	for _, id := range f.ids {
		if f.begun[id] {
			begun = append(begun, id)
		}
	}
	f.wantShown(t, 1, ledgerOf(1, "mended"), begun...)
	f.wantNearShown(t)
}

// wantNearShown fails the test unless the projection near holds what a plain fold of the whole store makes.
func (f *flap) wantNearShown(t *testing.T) {
	t.Helper()
	plain := newBench()
	plain.store = f.store
	e := plain.engineOf(projection.Config{}, nearby())
	var streams []es.StreamID
	for _, id := range f.ids {
		streams = append(streams, note(id))
		if err := e.CatchUp(t.Context(), note(id)); err != nil {
			t.Fatal(err)
		}
	}
	states := func(v projection.View) map[string]json.RawMessage {
		at, err := v.Checkpoints(t.Context(), 1, streams...)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]json.RawMessage{}
		for stream, cp := range at {
			out[fmt.Sprint(stream, "@", cp.Version)] = cp.State
		}
		return out
	}
	if diff := cmp.Diff(states(plain.view), states(f.near)); diff != "" {
		t.Errorf("near (-plain +got):\n%s", diff)
	}
}
