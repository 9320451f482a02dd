// Package viewkit helps to write a view: an implementation of [projection.View]. Package viewtest tests it. Start with
// [Limits].
package viewkit

import (
	"errors"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// MaxSlots is how many lists a document can be in.
const MaxSlots = 2

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
)

// ErrTwice means that one save writes a row or a checkpoint twice.
var ErrTwice = errors.New("a save writes the same row or checkpoint twice")

// Limits are what one save can hold, whatever is stored.
type Limits struct {
	// MaxWrites is the most checkpoints and rows in one save. A checkpoint that was parked counts twice.
	MaxWrites int
	// MaxItemBytes is the largest size of a checkpoint with its state, or of a row.
	MaxItemBytes int
	// MaxBytes is the largest size of one save.
	MaxBytes int
}

// DynamoDB are DynamoDB's limits. A projection within them can move to any other store.
var DynamoDB = Limits{MaxWrites: 100, MaxItemBytes: 400 << 10, MaxBytes: 4 << 20}

// Check checks a save.
//
// Errors: [projection.ErrTooLarge]; [ErrTwice].
func (l Limits) Check(moves []projection.CheckpointUpdate, rows []projection.Write) error {
	writes, size := len(rows), 0
	streams, keys := map[es.StreamID]bool{}, map[projection.RowKey]bool{}
	for _, m := range moves {
		if err := l.checkpointFits(m.Next); err != nil {
			return err
		}
		size += stateBytes(m.Stream, m.Next)
		if writes++; m.Prev.Parked != nil {
			writes++
		}
		streams[m.Stream] = true
	}
	for _, w := range rows {
		key := KeyOf(w)
		row := projection.Row{Row: w.Row, Counters: w.Counters}
		if err := l.CheckRow(key, row); err != nil {
			return err
		}
		size += rowBytes(key, row)
		keys[key] = true
	}
	switch {
	case len(streams) < len(moves) || len(keys) < len(rows):
		return ErrTwice
	case writes > l.MaxWrites || size > l.MaxBytes:
		return projection.ErrTooLarge
	}
	return nil
}

// checkpointFits checks that a checkpoint can be stored, and parked afterwards.
func (l Limits) checkpointFits(cp projection.Checkpoint) error {
	if len(cp.Slots) > MaxSlots || growingBytes(cp) > l.MaxItemBytes-l.MaxItemBytes/parkShare {
		return projection.ErrTooLarge
	}
	for _, slot := range cp.Slots {
		if !IsEmpty(slot) && !keyFits(slot.Key) {
			return projection.ErrTooLarge
		}
	}
	return nil
}

// CheckRow checks a row.
//
// Errors: [projection.ErrTooLarge].
func (l Limits) CheckRow(key projection.RowKey, row projection.Row) error {
	if !keyFits(key.Key) || rowBytes(key, row) > l.MaxItemBytes {
		return projection.ErrTooLarge
	}
	return nil
}

func keyFits(key projection.Key) bool {
	p, s := len(key.Partition), len(key.Sort)
	return p > 0 && s > 0 && p <= maxPartition && s <= maxSort
}

// IsEmpty reports whether the document is not in the list.
func IsEmpty(s projection.Slot) bool { return s.Key == projection.Key{} && len(s.Row) == 0 }

// KeyOf is the key of the row that a write writes.
func KeyOf(w projection.Write) projection.RowKey {
	kind := projection.OwnRow
	if w.Kind == projection.Add {
		kind = projection.SharedRow
	}
	return projection.RowKey{Key: w.Key, Kind: kind}
}

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
