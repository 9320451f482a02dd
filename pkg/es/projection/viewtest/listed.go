package viewtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/annals-es/annals/pkg/es/projection"
)

// documents is the listing of a partition of documents.
func documents(list int, partition string) projection.Listing {
	return projection.Listing{Kind: projection.IndexedRow, Slot: list, Partition: partition}
}

// indexTime is how long a list over an index may take to show what was saved.
const indexTime = 30 * time.Second

// wantListed fails the test unless a listing yields exactly these rows, written as "sort: row", with " of Type#id" for
// documents. For a list over an index it tries again for a while.
func (f *fixture) wantListed(t *testing.T, g projection.Generation, l projection.Listing, want ...string) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		diff := cmp.Diff(want, f.list(t, g, l), cmpopts.EquateEmpty())
		if diff == "" {
			return
		}
		if l.Kind != projection.IndexedRow || time.Since(began) > indexTime {
			t.Fatalf("%+v in generation %d (-want +got):\n%s", l, g, diff)
		}
	}
}

func (f *fixture) list(t *testing.T, g projection.Generation, l projection.Listing) []string {
	t.Helper()
	var rows []string
	for row, err := range f.List(t.Context(), g, l) {
		if err != nil {
			t.Fatalf("list %+v: %v", l, err)
		}
		text := fmt.Sprintf("%s: %s", row.Key.Sort, written(row.Row))
		if row.Stream.Type != "" {
			text += " of " + row.Stream.String()
		}
		if row.Key.Partition != l.Partition {
			t.Errorf("%+v yields a row of partition %q", l, row.Key.Partition)
		}
		rows = append(rows, text)
	}
	return rows
}

// wantOrdered fails the test unless a listing yields exactly these rows, for any page size, in both directions, from
// the beginning and after each sort key.
func (f *fixture) wantOrdered(t *testing.T, l projection.Listing, sorts, rows []string) {
	t.Helper()
	f.wantListed(t, 1, l, rows...) // wait until an index has caught up
	for _, l.PageSize = range []int{1, 2, 3, len(rows), 5000} {
		l.Descending = false
		f.wantListed(t, 1, l, rows...)
		for i, after := range sorts {
			l.After = after
			f.wantListed(t, 1, l, rows[i+1:]...)
			l.After += "\x01" // the key of no row
			f.wantListed(t, 1, l, rows[i+1:]...)
		}
		l.Descending, l.After = true, ""
		reversed := slices.Clone(rows)
		slices.Reverse(reversed)
		f.wantListed(t, 1, l, reversed...)
		for i, after := range sorts {
			l.After = after
			f.wantListed(t, 1, l, reversed[len(rows)-i:]...)
			l.After += "\x01"
			f.wantListed(t, 1, l, reversed[len(rows)-1-i:]...)
		}
		l.After = ""
		taken := 0
		for range f.List(t.Context(), 1, l) {
			if taken++; taken == 2 {
				break // the listing must stop then
			}
		}
	}
	l.Descending = false
	for _, other := range []string{"none", l.Partition + "|", l.Partition[:1]} {
		l.Partition = other
		f.wantListed(t, 1, l)
	}
}
