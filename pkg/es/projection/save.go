package projection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// plan makes the ways of streams, and plans the first save of each stream whose delivered commits fit into one save.
// Ways whose first save adds to shared rows are returned in together: they may be saved as one. If the view is apart, all
// are: there, one save of many streams costs less than many saves. It plans as many streams at once as are processed at
// once.
func (b *batch) plan(
	ctx context.Context, t *target, streams []es.StreamID, at map[es.StreamID]Checkpoint,
) (alone, together []*way) {
	ways := make([]*way, len(streams))
	slots := make(chan struct{}, b.cfg.Parallel) // the caller may hold one of the batch's
	var wg sync.WaitGroup
	for i, stream := range streams {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			roomy()
			ways[i] = b.way(t, stream, at[stream])
			ways[i].look(ctx)
		})
	}
	wg.Wait()
	for _, w := range ways {
		adds := func(r Write) bool { return r.Kind == Add }
		if w.first != nil && (t.sub.Apart || slices.ContainsFunc(w.first.rows, adds)) {
			together = append(together, w)
		} else {
			alone = append(alone, w)
		}
	}
	return alone, together
}

// save makes the saves of several streams as one: first the append rows, then everything else in one write.
//
// Errors: the view's. The cached checkpoints are then dropped.
func (b *batch) save(ctx context.Context, t *target, moves ...*move) error {
	all := gather(moves)
	err := b.pay(ctx, len(all.checkpoints)+len(all.rows.list)+len(all.appended))
	if err == nil && len(all.appended) > 0 {
		if err = t.sub.View.Append(ctx, t.Generation, all.appended...); isContent(err) {
			err = fmt.Errorf("%w: %w", errAppend, err)
		}
	}
	if err == nil {
		err = t.sub.View.Save(ctx, t.Generation, all.checkpoints, all.rows.list)
	}
	for _, m := range moves {
		at := t.place(m.Stream)
		switch {
		case err != nil:
			b.forget(at)
		case !t.sub.Inline: // commands change inline checkpoints
			b.remember(at, m.Next)
		}
		if err == nil {
			b.observe(t, m.Next.Version-m.Prev.Version, m.recorded)
		}
	}
	return err
}

// isContent reports whether an error is about what is saved. Saving the same again fails again.
func isContent(err error) bool { return errors.Is(err, ErrTooLarge) || errors.Is(err, ErrRefused) }

func (b *batch) pay(ctx context.Context, writes int) error {
	if b.spend == nil {
		return nil
	}
	return b.spend(ctx, writes)
}

// gathered is what several moves write.
type gathered struct {
	checkpoints []CheckpointUpdate
	rows        Writes
	appended    []AppendRow
}

func gather(moves []*move) gathered {
	var g gathered
	if len(moves) == 1 {
		m := moves[0]
		return gathered{[]CheckpointUpdate{m.CheckpointUpdate}, Writes{list: m.rows}, m.appended}
	}
	for _, m := range moves {
		g.checkpoints = append(g.checkpoints, m.CheckpointUpdate)
		g.rows.merge(m.rows)
		g.appended = append(g.appended, m.appended...)
	}
	return g
}

// saveGroup saves several streams that write shared rows. If another process has advanced some of them, the others are
// saved together once more. What can't be saved together then is saved stream by stream.
func (b *batch) saveGroup(ctx context.Context, t *target, g []*way) {
	err := b.saveTogether(ctx, t, g)
	if err == nil || !errors.Is(err, ErrStale) {
		b.saveSingly(ctx, t, g, err)
		return
	}
	streams := streamsOf(g)
	now, err := t.sub.View.Checkpoints(ctx, t.Generation, streams...)
	if err != nil {
		for _, stream := range streams {
			b.fail(t, stream, fmt.Errorf("%s: checkpoints: %w", t, err))
		}
		return
	}
	alone, together := b.plan(ctx, t, streams, now)
	for _, w := range alone {
		w.run(ctx)
	}
	for _, g := range groups(together, t.room().rows+1) {
		b.saveSingly(ctx, t, g, b.saveTogether(ctx, t, g))
	}
}

// saveTogether makes the first saves of ways as one.
func (b *batch) saveTogether(ctx context.Context, t *target, g []*way) error {
	moves := make([]*move, len(g))
	for i, w := range g {
		moves[i] = w.first
	}
	if err := b.save(ctx, t, moves...); err != nil {
		return err
	}
	for _, w := range g {
		w.at = w.first.Next
		b.changed(w)
	}
	return nil
}

// saveSingly runs each way by itself, if that may avoid what made the common save fail.
func (b *batch) saveSingly(ctx context.Context, t *target, g []*way, cause error) {
	if cause == nil {
		return
	}
	for _, w := range g {
		if !errors.Is(cause, ErrStale) && !isContent(cause) && !errors.Is(cause, ErrContended) {
			b.fail(t, w.stream, fmt.Errorf("%s: save %s@%d: %w", t, w.stream, w.first.Next.Version, cause))
			continue
		}
		w.first = nil
		w.run(ctx)
	}
}

func streamsOf(g []*way) []es.StreamID {
	streams := make([]es.StreamID, len(g))
	for i, w := range g {
		streams[i] = w.stream
	}
	return streams
}

// groups divides ways into groups whose first saves together have at most that many writes.
func groups(all []*way, most int) [][]*way {
	var (
		out  [][]*way
		rows Writes
		n    int
	)
	for _, w := range all {
		if n == 0 || n+1+rows.with(w.first.rows) > most {
			out, rows, n = append(out, nil), Writes{}, 0
		}
		out[len(out)-1] = append(out[len(out)-1], w)
		rows.merge(w.first.rows)
		n++
	}
	return out
}

// with returns how many rows there are once other rows are merged in.
func (w *Writes) with(rows []Write) int {
	n := len(w.list)
	for _, row := range rows {
		if _, there := w.index[row.id()]; !there {
			n++
		}
	}
	return n
}

// merge adds rows of another stream. Only shared rows can occur in both.
func (w *Writes) merge(rows []Write) {
	for _, row := range rows {
		if row.Kind != Add {
			w.set(row.id(), row)
			continue
		}
		for counter, n := range row.Counters {
			w.Add(row.Key, counter, n)
		}
	}
}

func (w Write) rowKind() RowKind {
	if w.Kind == Add {
		return SharedRow
	}
	return OwnRow
}

func (w Write) id() RowKey { return RowKey{Key: w.Key, Kind: w.rowKind()} }
