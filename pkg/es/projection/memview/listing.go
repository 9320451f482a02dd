package memview

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// List implements [projection.View].
func (v *View) List(
	ctx context.Context, g projection.Generation, l projection.Listing,
) iter.Seq2[projection.Listed, error] {
	if l.Kind == projection.IndexedRow && (l.Slot < 0 || l.Slot >= viewkit.MaxSlots) {
		return func(yield func(projection.Listed, error) bool) {
			yield(projection.Listed{}, fmt.Errorf("list %q: there is no list number %d", l.Partition, l.Slot))
		}
	}
	return listed(ctx, func() []projection.Listed {
		v.mu.Lock()
		defer v.mu.Unlock()
		of := v.generation(g)
		rows := of.partition(l)
		if l.Kind == projection.IndexedRow {
			rows = of.indexed(l)
		}
		slices.SortFunc(rows, func(a, b projection.Listed) int { return order(l, a.Key.Sort, b.Key.Sort) })
		return slices.DeleteFunc(rows, func(row projection.Listed) bool {
			return l.After != "" && order(l, row.Key.Sort, l.After) <= 0
		})
	})
}

// order compares sort keys in the order of a listing.
func order(l projection.Listing, a, b string) int {
	if l.Descending {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}

// partition returns the rows of a listing's partition, in no order.
func (g *generation) partition(l projection.Listing) []projection.Listed {
	var out []projection.Listed
	for key, row := range g.rows {
		if key.Kind == l.Kind && key.Partition == l.Partition {
			out = append(out, projection.Listed{Key: key.Key, Row: cloneRow(row)})
		}
	}
	return out
}

// indexed returns the slots in a listing's partition, in no order.
func (g *generation) indexed(l projection.Listing) []projection.Listed {
	var out []projection.Listed
	for stream, cp := range g.checkpoints {
		if l.Slot >= len(cp.Slots) || viewkit.IsEmpty(cp.Slots[l.Slot]) || cp.Slots[l.Slot].Partition != l.Partition {
			continue
		}
		slot := cp.Slots[l.Slot]
		out = append(out, projection.Listed{Key: slot.Key, Row: cloneRow(projection.Row{Row: slot.Row}), Stream: stream})
	}
	return out
}
