package viewtest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/annals-es/annals/pkg/es/projection"
)

// sorts are sort keys in the order of their bytes.
var sorts = []string{"0", "01", "1", "A", "a", "a|b", "ü"}

func listOwn(t *testing.T, f *fixture) {
	var writes []projection.Write
	var want []string
	for i, sort := range sorts {
		writes = append(writes, put(key("own|p", sort), fmt.Sprint(i)), put(key("own", sort), `"other"`))
		want = append(want, fmt.Sprintf("%s: %d", sort, i))
	}
	slices.Reverse(writes)
	f.mustMove(t, stream("a"), projection.Checkpoint{}, at(1), writes...)
	f.wantOrdered(t, projection.Listing{Kind: projection.OwnRow, Partition: "own|p"}, sorts, want)
}

func listShared(t *testing.T, f *fixture) {
	var writes []projection.Write
	var want []string
	for i, sort := range sorts {
		writes = append(writes, add(t, key("shared", sort), "n", fmt.Sprint(i), "row", "0.5"))
		want = append(want, fmt.Sprintf("%s: n=%d row=0.5", sort, i))
	}
	f.mustMove(t, stream("a"), projection.Checkpoint{}, at(1), writes...)
	f.wantOrdered(t, projection.Listing{Kind: projection.SharedRow, Partition: "shared"}, sorts, want)
}

// listAppended: all append rows are listed, whether they count or not.
func listAppended(t *testing.T, f *fixture) {
	var rows []projection.AppendRow
	var keys, want []string
	for i, version := range []int64{1, 2, 9, 10, 100, 1 << 62} { // in numeric order
		row := line(version, i%2, fmt.Sprint(version))
		rows = append(rows, row)
		keys = append(keys, row.Key.Sort)
		want = append(want, fmt.Sprintf("%s: %s", row.Key.Sort, written(projection.Row{Row: row.Row, Epoch: row.Epoch})))
	}
	f.mustAppend(t, rows...)
	f.wantOrdered(t, projection.Listing{Kind: projection.AppendedRow, Partition: "log"}, keys, want)
}

func listDocuments(t *testing.T, f *fixture) {
	var moves []projection.CheckpointUpdate
	var keys, all, few []string
	for i := range sorts {
		s, sort := stream(i), fmt.Sprint(i, sorts[i]) // in order, whatever the end of the key
		cp := projection.Checkpoint{Version: 1, Slots: []projection.Slot{slot(s, "all", sort, fmt.Sprint(i))}}
		keys = append(keys, cp.Slots[0].Sort)
		all = append(all, fmt.Sprintf("%s: %d of %s", cp.Slots[0].Sort, i, s))
		if i%2 == 0 {
			cp.Slots = append(cp.Slots, slot(s, "few", sort, `"x"`))
			few = append(few, fmt.Sprintf(`%s: "x" of %s`, cp.Slots[1].Sort, s))
		}
		moves = append(moves, projection.CheckpointUpdate{Stream: s, Next: cp})
	}
	if err := f.Save(t.Context(), 1, moves, nil); err != nil {
		t.Fatal(err)
	}
	f.wantOrdered(t, documents(0, "all"), keys, all)
	f.wantListed(t, 1, documents(1, "few"), few...)
	f.wantListed(t, 1, documents(0, "few"))
	f.wantListed(t, 1, documents(1, "all"))
	for _, kind := range f.has.kinds() {
		if kind != projection.IndexedRow {
			f.wantListed(t, 1, projection.Listing{Kind: kind, Partition: "all"})
		}
	}
	f.wantRows(t, 1, map[projection.RowKey]string{}) // indexed rows have no keys of their own
}

// listNoneSuch: listing a list that does not exist is an error.
func listNoneSuch(t *testing.T, f *fixture) {
	for _, list := range []int{-1, 99} {
		var failed error
		for _, err := range f.List(t.Context(), 1, documents(list, "all")) {
			failed = err
		}
		if failed == nil {
			t.Errorf("list number %d was accepted, want an error", list)
		}
	}
}

// noIndexedRows: reading an indexed row by its key is an error.
func noIndexedRows(t *testing.T, f *fixture) {
	if _, err := f.Rows(t.Context(), 1, projection.RowKey{Key: key("p", "s"), Kind: projection.IndexedRow}); err == nil {
		t.Error("an indexed row was read by its key, want an error")
	}
}
