package estest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// faults is a view that two engines share. Its saves fail in the ways that a view's saves may fail, until noFaults is
// set.
type faults struct {
	projection.View
	rng     *rand.Rand
	h       *history
	engines [2]*projection.Engine
	// forgetful is an engine without a cache.
	forgetful *projection.Engine
	noFaults  bool
	nested    bool // a save within another engine's save is in progress
}

var errFault = errors.New("estest: simulated lost connection")

// Save may fail, may lose its answer, and may let the other engine save first.
func (f *faults) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	if f.noFaults {
		return f.View.Save(ctx, g, moves, rows)
	}
	switch f.rng.IntN(10) {
	case 0:
		return errFault
	case 1:
		_ = f.View.Save(ctx, g, moves, rows)
		return errFault
	case 2, 3:
		if !f.nested {
			f.nested = true
			f.deliver(ctx, f.batch())
			f.nested = false
		}
	}
	return f.View.Save(ctx, g, moves, rows)
}

// deliverAll delivers twice as many commits as there are: most of them more than once, some never.
func (f *faults) deliverAll() {
	for delivered := 0; delivered < 2*len(f.h.commits); {
		batch := f.batch()
		f.deliver(context.Background(), batch)
		delivered += len(batch)
	}
}

// deliver gives a batch to one of the engines. It does not repeat a failed delivery.
func (f *faults) deliver(ctx context.Context, batch []es.Commit) {
	f.engines[f.rng.IntN(2)].Apply(ctx, batch)
}

// batch returns a part of the history: as it is, shuffled, or picked at random.
func (f *faults) batch() []es.Commit {
	all := f.h.commits
	size := 1 + f.rng.IntN(min(10, len(all)))
	from := f.rng.IntN(len(all) - size + 1)
	batch := slices.Clone(all[from : from+size])
	switch f.rng.IntN(3) {
	case 0:
		for i := range batch {
			batch[i] = all[f.rng.IntN(len(all))]
		}
	case 1:
		f.rng.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
	}
	return batch
}

// settle ends the faults, runs the jobs in the queue in random order, catches up the streams that are still behind, and
// returns everything that is stored.
func (f *faults) settle(queue *jobs) (map[string]string, error) {
	f.noFaults = true
	ctx := context.Background()
	for jobs := queue.take(); len(jobs) > 0; jobs = queue.take() {
		f.rng.Shuffle(len(jobs), func(i, j int) { jobs[i], jobs[j] = jobs[j], jobs[i] })
		for _, j := range jobs {
			if j.Task != projection.CatchUp { // the only other jobs fill a new projection
				continue
			}
			engine := f.engines[f.rng.IntN(2)]
			do := engine.CatchUp
			if j.Retry {
				do = engine.RetryStream
			}
			if err := do(ctx, j.Stream, j.Projection); err != nil {
				return nil, err
			}
		}
	}
	for _, engine := range []*projection.Engine{f.engines[f.rng.IntN(2)], f.forgetful} {
		if err := f.h.level(f.View, engine); err != nil {
			return nil, err
		}
	}
	return f.h.dump(f.View)
}

// level brings all checkpoints to the heads of their streams, also past events that do not concern the projection. It
// needs an engine without a cache: an engine that remembers such deliveries stores nothing.
func (h *history) level(view projection.View, engine *projection.Engine) error {
	ctx := context.Background()
	at, err := view.Checkpoints(ctx, 1, slices.Collect(maps.Keys(h.heads))...)
	if err != nil {
		return err
	}
	for stream, head := range h.heads {
		if cp := at[stream]; cp.Version < head && cp.Parked == nil {
			if err := engine.CatchUp(ctx, stream); err != nil {
				return err
			}
		}
	}
	return nil
}

// jobs is a queue in memory.
type jobs struct{ list []projection.Job }

// Enqueue implements [projection.Queue].
func (q *jobs) Enqueue(_ context.Context, _ time.Duration, list ...projection.Job) error {
	q.list = append(q.list, list...)
	return nil
}

func (q *jobs) take() []projection.Job {
	list := q.list
	q.list = nil
	return list
}

// dump returns everything that a view holds, as text.
func (h *history) dump(view projection.View) (map[string]string, error) {
	ctx, out := context.Background(), map[string]string{}
	at, err := view.Checkpoints(ctx, 1, slices.Collect(maps.Keys(h.heads))...)
	if err != nil {
		return nil, err
	}
	for stream, cp := range at {
		out["state of "+stream.String()] = fmt.Sprintf("version %d: %s", cp.Version, cp.State)
		for i, slot := range cp.Slots {
			if slot.Partition != "" {
				out[fmt.Sprintf("list %d: %s / %s", i+1, slot.Partition, slot.Sort)] = string(slot.Row)
			}
		}
		if p := cp.Parked; p != nil {
			out["parked "+stream.String()] = fmt.Sprintf("before version %d, %s: %s", p.Version, p.Reason, p.Error)
		}
	}
	var keys []projection.RowKey
	for key, err := range view.Keys(ctx, 1) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	rows, err := view.Rows(ctx, 1, keys...)
	for key, row := range rows {
		name := key.Partition + " / " + key.Sort
		if key.Kind == projection.AppendedRow && !counts(at, key, row) {
			continue
		}
		if key.Kind != projection.SharedRow {
			out["row "+name] = string(row.Row)
			continue
		}
		for counter, n := range row.Counters {
			out["counter "+name+" / "+counter] = n.String()
		}
	}
	return out, err
}

// counts reports whether an appended row is valid at its stream's checkpoint.
func counts(at map[es.StreamID]projection.Checkpoint, key projection.RowKey, row projection.Row) bool {
	_, name, _ := strings.Cut(key.Sort, "|")
	stream, err := es.ParseStreamID(name)
	return err == nil && at[stream].Shows(projection.AppendRow{Key: key.Key, Epoch: row.Epoch, Row: row.Row})
}
