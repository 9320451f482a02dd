package memview

import (
	"context"
	"slices"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// Save implements [projection.View].
func (v *View) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := v.limits.Check(moves, rows); err != nil {
		return err
	}
	to := v.generation(g)
	for _, m := range moves {
		if to.stale(m.Stream, m.Prev) {
			return projection.ErrStale
		}
	}
	written := make(map[projection.RowKey]projection.Row, len(rows))
	for _, w := range rows {
		key := viewkit.KeyOf(w)
		written[key] = after(to.rows[key], w)
		for _, n := range written[key].Counters {
			if !n.Storable() {
				return projection.ErrTooLarge
			}
		}
		if err := v.limits.CheckRow(key, written[key]); err != nil {
			return err
		}
	}
	for _, w := range rows {
		if key := viewkit.KeyOf(w); w.Kind == projection.Delete {
			delete(to.rows, key)
		} else {
			to.rows[key] = written[key]
		}
	}
	for _, m := range moves {
		next := cloneCheckpoint(m.Next)
		next.Parked = nil
		to.checkpoints[m.Stream] = next
		if m.Prev.Parked != nil {
			delete(to.seen, m.Stream)
		}
	}
	return nil
}

// stale reports whether the stored checkpoint does not equal prev.
func (g *generation) stale(stream es.StreamID, prev projection.Checkpoint) bool {
	stored, there := g.checkpoints[stream]
	if prev.Version == 0 && prev.RowsWritten == 0 && prev.Epoch() == 0 && prev.Parked == nil && !prev.Behind {
		return there
	}
	return !there || stored.Version != prev.Version || stored.RowsWritten != prev.RowsWritten ||
		stored.Epoch() != prev.Epoch() || prev.Parked == nil && stored.Parked != nil
}

// after returns a row as a write leaves it.
func after(row projection.Row, w projection.Write) projection.Row {
	if w.Kind != projection.Add {
		return projection.Row{Row: slices.Clone(w.Row)}
	}
	row = cloneRow(row)
	if row.Counters == nil {
		row.Counters = map[string]projection.Number{}
	}
	for name, n := range w.Counters {
		row.Counters[name] = row.Counters[name].Plus(n)
	}
	return row
}
