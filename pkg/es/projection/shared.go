package projection

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// saveGroup writes what several streams do to shared rows. Where another process has brought some of them forward, the
// others are written together once more; what can't be written together then is done one stream after the other.
func (b *batch) saveGroup(ctx context.Context, t *target, g *group) {
	switch err := b.saveTogether(ctx, t, g); {
	case errors.Is(err, ErrStale):
		b.saveAgain(ctx, t, g)
	case err != nil:
		b.saveSingly(ctx, t, g, err)
	}
}

// saveAgain writes a group with the checkpoints as they are now.
func (b *batch) saveAgain(ctx context.Context, t *target, g *group) {
	streams := g.streams()
	for _, stream := range streams {
		b.forget(t.place(stream))
	}
	now, err := t.sub.View.Checkpoints(ctx, t.Generation, streams...)
	if err != nil {
		for _, stream := range streams {
			b.fail(t, stream, fmt.Errorf("%s: checkpoints: %w", t, err))
		}
		return
	}
	alone, together := b.plan(ctx, t, streams, now)
	for _, a := range alone {
		b.saveAlone(ctx, a)
	}
	for _, g := range groups(together, t.sub.View.MaxWrites()) {
		if err := b.saveTogether(ctx, t, g); err != nil {
			b.saveSingly(ctx, t, g, err)
		}
	}
}

// saveSingly writes a group one stream after the other, if that may help against what was in the way of the whole.
func (b *batch) saveSingly(ctx context.Context, t *target, g *group, cause error) {
	if !errors.Is(cause, ErrStale) && !errors.Is(cause, ErrTooLarge) && !errors.Is(cause, ErrContended) {
		for _, m := range g.moves {
			b.fail(t, m.Stream, fmt.Errorf("%s: save %s@%d: %w", t, m.Stream, m.Next.Version, cause))
		}
		return
	}
	for _, m := range g.moves {
		if err := b.forward(ctx, b.cursor(t, m.Stream, m.Prev), b.delivered[m.Stream]); err != nil {
			b.fail(t, m.Stream, err)
		}
	}
}

func (b *batch) saveTogether(ctx context.Context, t *target, g *group) error {
	if b.spend != nil {
		if err := b.spend(ctx, len(g.moves)+len(g.rows.list)); err != nil {
			return err
		}
	}
	if err := t.sub.View.Save(ctx, t.Generation, g.moves, g.rows.list); err != nil {
		return err
	}
	for i, m := range g.moves {
		b.observe(t, m.Next.Version-m.Prev.Version, g.recorded[i])
		b.remember(t.place(m.Stream), m.Next)
		b.changed(b.cursor(t, m.Stream, m.Next))
	}
	return nil
}

// group is what is written at once: checkpoints of several streams, and the sum of their rows.
type group struct {
	moves    []CheckpointUpdate
	recorded []time.Time // of each move, the last commit
	rows     Writes
}

func (g *group) streams() []es.StreamID {
	streams := make([]es.StreamID, len(g.moves))
	for i, m := range g.moves {
		streams[i] = m.Stream
	}
	return streams
}

// groups divides what streams do into groups of at most so many writes.
func groups(all []*advance, most int) []*group {
	var (
		out  []*group
		last *group
	)
	for _, a := range all {
		if last == nil || len(last.moves)+1+last.rows.with(a.rows) > most {
			last = &group{}
			out = append(out, last)
		}
		last.add(a)
	}
	return out
}

func (g *group) add(a *advance) {
	g.moves = append(g.moves, a.CheckpointUpdate)
	g.recorded = append(g.recorded, a.recorded)
	g.rows.merge(a.rows)
}

// with tells how many rows there are once others are merged in.
func (w *Writes) with(rows []Write) int {
	n := len(w.list)
	for _, row := range rows {
		if _, there := w.index[row.id()]; !there {
			n++
		}
	}
	return n
}

// merge takes in rows of another stream: only shared ones can be there already.
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

func (w Write) id() RowKey { return RowKey{Key: w.Key, Shared: w.Kind == Add} }

// postpone leaves streams to code that has the fold: this code was started before a deployment that began a
// generation. Other projections go on.
func (b *batch) postpone(ctx context.Context, t *target, streams []es.StreamID) {
	if len(streams) == 0 {
		return
	}
	jobs := make([]Job, len(streams))
	for i, stream := range streams {
		jobs[i] = Job{Task: CatchUp, Projection: t.sub.name(), Stream: stream}
	}
	if err := b.leave(ctx, later, jobs...); err != nil {
		for _, stream := range streams {
			b.fail(t, stream, err)
		}
	}
}
