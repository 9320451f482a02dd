package dynamoview

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/annals-es/annals/pkg/es/projection"
)

// indexName is the name of the index for a slot, by the slot's number.
func indexName(slot int) string { return fmt.Sprintf("slot%d", slot+1) }

// slotAttributes are the attributes of a checkpoint's item that hold a slot: the partition and sort key, which are the
// key of the slot's index, and the row.
func slotAttributes(slot int) (partition, sort, row string) {
	name := fmt.Sprintf("i%d", slot+1)
	return name + "p", name + "s", name + "r"
}

// slotPartition is a partition of an index.
func slotPartition(g projection.Generation, name string) string {
	return fmt.Sprintf("%d|%s", g, name)
}

// isEmpty reports whether the document is not in the list.
func isEmpty(s projection.Slot) bool { return s.Key == projection.Key{} && len(s.Row) == 0 }

func putSlots(g projection.Generation, i item, slots []projection.Slot) {
	for n, slot := range slots {
		if isEmpty(slot) {
			continue
		}
		p, s, row := slotAttributes(n)
		i[p], i[s] = str(slotPartition(g, slot.Partition)), str(slot.Sort)
		if len(slot.Row) > 0 {
			i[row] = str(string(slot.Row))
		}
	}
}

// slots reads the slots of an item, without empty ones at the end.
func slots(g projection.Generation, i item) []projection.Slot {
	var all []projection.Slot
	for n := range maxSlots {
		if slot := slotOf(g, i, n); !isEmpty(slot) {
			all = append(all, make([]projection.Slot, n-len(all))...)
			all = append(all, slot)
		}
	}
	return all
}

func slotOf(g projection.Generation, i item, n int) projection.Slot {
	p, s, row := slotAttributes(n)
	var slot projection.Slot
	slot.Partition, slot.Sort = strings.TrimPrefix(text(i, p), slotPartition(g, "")), text(i, s)
	if text := text(i, row); text != "" {
		slot.Row = json.RawMessage(text)
	}
	return slot
}
