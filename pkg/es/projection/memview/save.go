package memview

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
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
	if err := v.check(moves, rows); err != nil {
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
		key := keyOf(w)
		written[key] = after(to.rows[key], w)
		for _, n := range written[key].Counters {
			if !n.Storable() {
				return projection.ErrTooLarge
			}
		}
		if rowBytes(key, written[key]) > v.cfg.MaxItemBytes {
			return projection.ErrTooLarge
		}
	}
	for _, w := range rows {
		if key := keyOf(w); w.Kind == projection.Delete {
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

var (
	errTwice = errors.New("one save can write a row, or a checkpoint, once only")
	errKey   = errors.New("a row's partition and sort key must not be empty")
)

// check checks what does not depend on what is stored.
func (v *View) check(moves []projection.CheckpointUpdate, rows []projection.Write) error {
	writes, size := len(rows), 0
	streams, keys := map[es.StreamID]bool{}, map[projection.RowKey]bool{}
	for _, m := range moves {
		n := stateBytes(m.Stream, m.Next)
		if len(m.Next.State)+len(m.Next.Owner) > v.cfg.MaxItemBytes-v.cfg.MaxItemBytes/parkShare {
			return projection.ErrTooLarge
		}
		size += n
		if writes++; m.Prev.Parked != nil {
			writes++
		}
		streams[m.Stream] = true
	}
	for _, w := range rows {
		key := keyOf(w)
		if key.Sort == "" || w.Kind == projection.Add && key.Partition == "" {
			return errKey
		}
		n := rowBytes(key, projection.Row{Row: w.Row, Counters: w.Counters})
		if len(key.Partition) > maxPartition || len(key.Sort) > maxSort || n > v.cfg.MaxItemBytes {
			return projection.ErrTooLarge
		}
		size += n
		keys[key] = true
	}
	switch {
	case len(streams) < len(moves) || len(keys) < len(rows):
		return errTwice
	case writes > v.cfg.MaxWrites || size > v.cfg.MaxBytes:
		return projection.ErrTooLarge
	}
	return nil
}

// stale tells whether the stored checkpoint is not prev.
func (g *generation) stale(stream es.StreamID, prev projection.Checkpoint) bool {
	stored, there := g.checkpoints[stream]
	if prev.Version == 0 && prev.RowsWritten == 0 && prev.Parked == nil && !prev.Behind {
		return there
	}
	return !there || stored.Version != prev.Version || stored.RowsWritten != prev.RowsWritten || prev.Parked == nil && stored.Parked != nil
}

func keyOf(w projection.Write) projection.RowKey {
	return projection.RowKey{Key: w.Key, Shared: w.Kind == projection.Add}
}

// after is a row as a write leaves it.
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

const (
	// maxPartition and maxSort are the longest keys, in bytes, as on DynamoDB.
	maxPartition, maxSort = 2016, 1024
	// parkShare is which part of an item a checkpoint leaves free, so that its stream can be parked: 10 KB of 400.
	parkShare = 40
	// itemBytes is what an item takes besides its keys, its state and its row, about.
	itemBytes = 100
)

func stateBytes(stream es.StreamID, cp projection.Checkpoint) int {
	return itemBytes + len(stream.String()) + len(cp.Hash) + len(cp.Owner) + len(cp.State)
}

func rowBytes(key projection.RowKey, row projection.Row) int {
	size := itemBytes + len(key.Partition) + len(key.Sort) + len(row.Row)
	for name, n := range row.Counters {
		size += len(name) + len(n.String())
	}
	return size
}

// cloneCheckpoint and cloneRow copy what a caller could change.
func cloneCheckpoint(cp projection.Checkpoint) projection.Checkpoint {
	cp.Hash, cp.State = slices.Clone(cp.Hash), slices.Clone(cp.State)
	if cp.Parked != nil {
		parked := *cp.Parked
		cp.Parked = &parked
	}
	return cp
}

func cloneRow(row projection.Row) projection.Row {
	return projection.Row{Row: slices.Clone(row.Row), Counters: maps.Clone(row.Counters)}
}
