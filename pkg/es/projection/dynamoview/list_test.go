package dynamoview_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// listed writes rows of so many bytes to partitions in turn, and returns them in the order of their sort keys.
func listed(t *testing.T, b *bench, partitions []string, sizes ...int) []string {
	t.Helper()
	var all []string
	for i, size := range sizes {
		row := fmt.Sprintf("%q", fmt.Sprint(i, strings.Repeat("x", size-len(fmt.Sprint(i))-2)))
		move := projection.CheckpointUpdate{Stream: note(fmt.Sprint(i)), Next: projection.Checkpoint{Version: 1}}
		put := projection.Write{Key: projection.Key{Partition: partitions[i%len(partitions)], Sort: fmt.Sprintf("%03d", i)}, Row: json.RawMessage(row)}
		if err := b.view.Save(t.Context(), 1, []projection.CheckpointUpdate{move}, []projection.Write{put}); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	return all
}

// TestPagesEndByBytes: whatever the budget, a page has a row, no more rows than fit, and the next goes on right after
// it.
func TestPagesEndByBytes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	partitions := []string{"a", "b", "none"}
	want := listed(t, b, partitions[:2], 10, 40, 10, 10, 90, 10, 20, 20, 60, 10, 10)
	for _, descending := range []bool{false, true} {
		for _, limit := range []int{1, 3, 100} {
			for _, budget := range []int{0, 1, 10, 20, 50, 100, 1000} {
				list := dynamoview.List{Partitions: partitions, Limit: limit, MaxBytes: budget, Descending: descending}
				var got []string
				for {
					page, err := b.view.At(1).Rows(t.Context(), list)
					if err != nil {
						t.Fatal(err)
					}
					bytes := 0
					for i, row := range page.Rows {
						bytes += len(row)
						got = append(got, string(row))
						if sort := page.Keys[i].Sort; !strings.HasPrefix(string(row), `"`+strings.TrimLeft(sort[:2], "0")+sort[2:]) {
							t.Errorf("row %.10s at %v", row, page.Keys[i])
						}
					}
					if n := len(page.Rows); n == 0 || n > limit || n > 1 && budget > 0 && bytes > budget {
						t.Fatalf("limit %d, budget %d: a page of %d rows, %d bytes", limit, budget, n, bytes)
					}
					if list.Cursor = page.Next; list.Cursor == "" {
						break
					}
				}
				if descending {
					slices.Reverse(got)
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("limit %d, budget %d, descending %v (-want +got):\n%s", limit, budget, descending, d)
				}
			}
		}
	}
	size := func(row json.RawMessage) int { return 2 * len(row) }
	page, err := b.view.At(1).Rows(t.Context(), dynamoview.List{Partitions: partitions, Limit: 9, MaxBytes: 100, Size: size})
	if err != nil || len(page.Rows) != 2 {
		t.Errorf("%d rows where each byte counts twice, %v", len(page.Rows), err)
	}
}

// TestLargeRowsAreNotAllRead: a page that ends by bytes reads little more than it shows, however many rows it may have.
func TestLargeRowsAreNotAllRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	listed(t, b, []string{"a"}, slices.Repeat([]int{350_000}, 12)...)
	b.meter.Take()
	page, err := b.view.At(1).Rows(t.Context(), dynamoview.List{Partitions: []string{"a"}, Limit: 1000, MaxBytes: 800_000})
	if err != nil || len(page.Rows) != 2 || page.Next == "" {
		t.Fatalf("%d rows, %v", len(page.Rows), err)
	}
	if d := cmp.Diff(map[string]int{"Query": 1}, b.meter.Take().Requests); d != "" { // DynamoDB answers with 1 MB at most
		t.Error(d)
	}
}
