package memview

import (
	"maps"
	"slices"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// cloneCheckpoint and cloneRow copy everything that a caller could change.
func cloneCheckpoint(cp projection.Checkpoint) projection.Checkpoint {
	cp.Hash, cp.State = slices.Clone(cp.Hash), slices.Clone(cp.State)
	cp.Rises = append([]projection.Rise(nil), cp.Rises...) // nil for none
	cp.Slots = cloneSlots(cp.Slots)
	if cp.Parked != nil {
		parked := *cp.Parked
		cp.Parked = &parked
	}
	return cp
}

// cloneSlots copies slots, without empty ones at the end.
func cloneSlots(slots []projection.Slot) []projection.Slot {
	var out []projection.Slot
	for n, slot := range slots {
		if viewkit.IsEmpty(slot) {
			continue
		}
		out = append(out, make([]projection.Slot, n-len(out))...)
		out = append(out, projection.Slot{Key: slot.Key, Row: slices.Clone(slot.Row)})
	}
	return out
}

func cloneRow(row projection.Row) projection.Row {
	return projection.Row{Row: slices.Clone(row.Row), Counters: maps.Clone(row.Counters), Epoch: row.Epoch}
}
