package memview

import (
	"errors"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

var errTwice = errors.New("a save writes the same row or checkpoint twice")

// check checks what does not depend on stored data.
func (v *View) check(moves []projection.CheckpointUpdate, rows []projection.Write) error {
	writes, size := len(rows), 0
	streams, keys := map[es.StreamID]bool{}, map[projection.RowKey]bool{}
	for _, m := range moves {
		if err := v.checkpointFits(m.Next); err != nil {
			return err
		}
		size += stateBytes(m.Stream, m.Next)
		if writes++; m.Prev.Parked != nil {
			writes++
		}
		streams[m.Stream] = true
	}
	for _, w := range rows {
		key := keyOf(w)
		row := projection.Row{Row: w.Row, Counters: w.Counters}
		if err := v.rowFits(key, row); err != nil {
			return err
		}
		size += rowBytes(key, row)
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

// checkpointFits checks that a checkpoint can be stored, and parked afterwards.
func (v *View) checkpointFits(cp projection.Checkpoint) error {
	if len(cp.Slots) > maxSlots || growingBytes(cp) > v.cfg.MaxItemBytes-v.cfg.MaxItemBytes/parkShare {
		return projection.ErrTooLarge
	}
	for _, slot := range cp.Slots {
		if !isEmpty(slot) && !keyFits(slot.Key) {
			return projection.ErrTooLarge
		}
	}
	return nil
}

// rowFits checks that a row can be stored.
func (v *View) rowFits(key projection.RowKey, row projection.Row) error {
	if !keyFits(key.Key) || rowBytes(key, row) > v.cfg.MaxItemBytes {
		return projection.ErrTooLarge
	}
	return nil
}

func keyFits(key projection.Key) bool {
	p, s := len(key.Partition), len(key.Sort)
	return p > 0 && s > 0 && p <= maxPartition && s <= maxSort
}

// isEmpty reports whether the document is not in the list.
func isEmpty(s projection.Slot) bool { return s.Key == projection.Key{} && len(s.Row) == 0 }

const (
	// maxPartition and maxSort are the longest keys, in bytes, as on DynamoDB.
	maxPartition, maxSort = 2016, 1024
	// parkShare is the part of an item that a checkpoint leaves free for parking its stream: 1/40, which is 10 of 400
	// KB.
	parkShare = 40
	// itemBytes is about what an item takes besides its keys, its state and its row.
	itemBytes = 100
	// riseBytes is about what a rise takes.
	riseBytes = 32
	// maxSlots is how many lists a document can be in.
	maxSlots = 2
)

func stateBytes(stream es.StreamID, cp projection.Checkpoint) int {
	return itemBytes + len(stream.String()) + len(cp.Hash) + growingBytes(cp)
}

// growingBytes is the size of a checkpoint's parts that have no limit of their own.
func growingBytes(cp projection.Checkpoint) int {
	size := len(cp.Owner) + len(cp.State) + riseBytes*len(cp.Rises)
	for _, slot := range cp.Slots {
		size += len(slot.Partition) + len(slot.Sort) + len(slot.Row)
	}
	return size
}

func rowBytes(key projection.RowKey, row projection.Row) int {
	size := itemBytes + len(key.Partition) + len(key.Sort) + len(row.Row)
	for name, n := range row.Counters {
		size += len(name) + len(n.String())
	}
	return size
}
