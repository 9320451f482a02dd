package dynamoview_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// TestPagesGrow: a listing first reads as many rows as the caller expects to take, then more and more.
func TestPagesGrow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range int64(40) {
		row := projection.AppendRow{Key: projection.AppendKey("log", note("a"), i+1, 0), Row: json.RawMessage(fmt.Sprint(i))}
		if err := b.view.Append(t.Context(), 1, row); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ size, taken, requests int }{
		{5, 1, 1}, {5, 5, 1}, {5, 6, 2}, {5, 15, 2}, {5, 40, 4}, {1, 40, 6}, {0, 1, 1}, {40, 40, 1}, {1 << 40, 40, 1},
	} {
		b.meter.Take()
		taken := 0
		log := projection.Listing{Kind: projection.AppendedRow, Partition: "log", PageSize: test.size}
		for row, err := range b.view.List(t.Context(), 1, log) {
			if err != nil || string(row.Row.Row) != fmt.Sprint(taken) {
				t.Fatalf("row %d of the list: %s, %v", taken, row.Row.Row, err)
			}
			if taken++; taken == test.taken {
				break
			}
		}
		used := b.meter.Take()
		if diff := cmp.Diff(map[string]int{"Query": test.requests}, used.Requests); diff != "" {
			t.Errorf("%d rows of pages of %d (-want +got):\n%s", test.taken, test.size, diff)
		}
		if test.taken == 1 && used.ReadUnits > 1 {
			t.Errorf("one row of a page of %d took %v units", test.size, used.ReadUnits)
		}
	}
}

// TestDocumentWithoutName: if a document's stream has a long name and its sort key does not end with that name, the
// document can't be listed, and the error says so.
func TestDocumentWithoutName(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	view := dynamoview.New(client, dynamotest.Table(t, client, dynamoview.IndexedReadTable))
	nameless := projection.Slot{Key: projection.Key{Partition: "all", Sort: "here|there"}}
	cp := projection.Checkpoint{Version: 1, Slots: []projection.Slot{nameless}}
	move := []projection.CheckpointUpdate{{Stream: note(strings.Repeat("x", 1100)), Next: cp}}
	if err := view.Save(t.Context(), 1, move, nil); err != nil {
		t.Fatal(err)
	}
	var failed error
	for deadline := time.Now().Add(10 * time.Second); failed == nil && time.Now().Before(deadline); {
		failed = first(view.List(t.Context(), 1, projection.Listing{Kind: projection.IndexedRow, Partition: "all"}))
	}
	if failed == nil || !strings.Contains(failed.Error(), `"here|there"`) {
		t.Errorf("list with a key that has a separator: %v, want an error that names it", failed)
	}
}
