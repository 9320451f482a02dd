package dynamoview_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/projection"
)

// listed writes rows of the given sizes to partitions in turn, and returns them in the order of their sort keys.
func listed(t *testing.T, b *bench, partitions []string, sizes ...int) []projection.Item[string] {
	t.Helper()
	var all []projection.Item[string]
	for i, size := range sizes {
		row := fmt.Sprint(i, strings.Repeat("x", size-len(fmt.Sprint(i))-len(`""`)))
		key := projection.Key{Partition: partitions[i%len(partitions)], Sort: fmt.Sprintf("%03d", i)}
		move := projection.CheckpointUpdate{Stream: note(fmt.Sprint(i)), Next: projection.Checkpoint{Version: 1}}
		put := projection.Write{Key: key, Row: json.RawMessage(fmt.Sprintf("%q", row))}
		if err := b.view.Save(t.Context(), 1, []projection.CheckpointUpdate{move}, []projection.Write{put}); err != nil {
			t.Fatal(err)
		}
		all = append(all, projection.Item[string]{Row: row, Key: key})
	}
	return all
}

// page reads the page of a list at a cursor.
func (b *bench) page(t *testing.T, cursor string, q projection.Query) projection.Page[string] {
	t.Helper()
	r := projection.NewReader(b.store, b.catalog, projection.ReaderConfig{}, projection.Subscription{
		Projection: log, View: b.view,
	})
	s, err := r.OpenAt(t.Context(), "log", cursor)
	if err != nil {
		t.Fatal(err)
	}
	page, err := texts.Page(t.Context(), s, q)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// TestPagesEndByBytes: whatever the budget, a page has at least one row, and no more than fit. The next page continues
// right after it, and after the last row there is none.
func TestPagesEndByBytes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	partitions := []string{"a", "b", "none"}
	want := listed(t, b, partitions[:2], 10, 40, 10, 10, 90, 10, 20, 20, 60, 10, 10)
	for _, descending := range []bool{false, true} {
		for _, limit := range []int{1, 3, len(want), 100} {
			for _, budget := range []int{0, 1, 10, 20, 50, 100, 1000} {
				q := projection.Query{Partitions: partitions, Limit: limit, MaxBytes: budget, Descending: descending}
				got := b.fitting(t, q)
				if descending {
					slices.Reverse(got)
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("limit %d, budget %d, descending %v (-want +got):\n%s", limit, budget, descending, d)
				}
			}
		}
	}
	twice := func(row json.RawMessage) int { return 2 * len(row) }
	page := b.page(t, "", projection.Query{Partitions: partitions, Limit: 9, MaxBytes: 100, Size: twice})
	if len(page.Items) != 2 {
		t.Errorf("%d rows where each byte counts twice", len(page.Items))
	}
}

// fitting reads a list to its end, and fails the test unless each page has at least one row and no more than fit.
func (b *bench) fitting(t *testing.T, q projection.Query) (all []projection.Item[string]) {
	t.Helper()
	for cursor := ""; ; {
		page := b.page(t, cursor, q)
		bytes := 0
		for _, item := range page.Items {
			bytes += len(item.Row) + len(`""`)
		}
		if n := len(page.Items); n == 0 || n > q.Limit || n > 1 && q.MaxBytes > 0 && bytes > q.MaxBytes {
			t.Fatalf("limit %d, budget %d: a page of %d rows, %d bytes", q.Limit, q.MaxBytes, n, bytes)
		}
		if all = append(all, page.Items...); len(all) > 100 {
			t.Fatal("the list has no end")
		}
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

// TestLargeRowsAreNotAllRead: a page that ends because of its size reads little more than it shows, however many rows
// it may have.
func TestLargeRowsAreNotAllRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	listed(t, b, []string{"a"}, slices.Repeat([]int{350_000}, 12)...)
	b.meter.Take()
	page := b.page(t, "", projection.Query{Partitions: []string{"a"}, Limit: 1000, MaxBytes: 800_000})
	if len(page.Items) != 2 || page.Next == "" {
		t.Fatalf("page of %d rows, next %q; want 2 rows and another page", len(page.Items), page.Next)
	}
	if d := cmp.Diff(map[string]int{"Query": 1}, b.meter.Take().Requests); d != "" { // DynamoDB answers with 1 MB at most
		t.Error(d)
	}
}
