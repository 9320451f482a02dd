package dynamostore_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// TestScanCutsPages: highly compressed items come in several pages, each with its position.
func TestScanCutsPages(t *testing.T) {
	t.Parallel()
	store := open(t, nil)
	keepLarge(t, store, 5, 3_000_000)
	scan := func(after es.Position) (pages [][]int64, positions []es.Position, units float64) {
		for page, err := range store.Scan(t.Context(), es.Segment{Of: 1, After: after}) {
			if err != nil {
				t.Fatal(err)
			}
			var versions []int64
			for _, c := range page.Commits {
				versions = append(versions, c.Version)
			}
			pages, positions, units = append(pages, versions), append(positions, page.Next), units+page.Units
		}
		return pages, positions, units
	}
	want := [][]int64{{1, 2}, {3, 4}, {5}}
	pages, positions, units := scan(es.Start)
	if diff := cmp.Diff(want, pages); diff != "" || units != 0.5 {
		t.Errorf("%v units, pages (-want +got):\n%s", units, diff)
	}
	for i, position := range positions {
		if rest, _, _ := scan(position); len(rest) != len(want)-i-1 ||
			!cmp.Equal(rest, append([][]int64{}, want[i+1:]...)) && len(rest) > 0 {
			t.Errorf("scan from the position after page %d: %v", i, rest)
		}
	}
}

// keepLarge stores commits larger than storekit.MaxUncompressedBytes, which older versions allowed, and returns them.
func keepLarge(t *testing.T, store *dynamostore.Store, commits, bytes int) (all []es.Commit) {
	t.Helper()
	var prev []byte
	for i := range commits {
		c := es.Commit{
			Stream: acc1, Version: int64(i + 1), ID: fmt.Sprint(i),
			At: time.Date(2026, 1, 31, 12, 0, i, 0, time.UTC), Prev: prev,
			Events: []es.RawEvent{{Type: "Noted", Schema: 1, Data: json.RawMessage(`"` + strings.Repeat("x", bytes) + `"`)}},
		}
		c.Hash = c.ComputeHash()
		if now, err := store.Restore(t.Context(), &c); err != nil || !now {
			t.Fatal(now, err)
		}
		all, prev = append(all, c), c.Hash
	}
	return all
}

// sameBytes compares payloads at once: cmp compares them byte by byte, which takes a minute for megabytes.
var sameBytes = cmp.Comparer(func(a, b json.RawMessage) bool { return bytes.Equal(a, b) })

// TestLargerCommitsOfBefore: commits stored before storekit.MaxUncompressedBytes existed can be read, appended to, and
// moved to another table.
func TestLargerCommitsOfBefore(t *testing.T) {
	t.Parallel()
	store := open(t, nil)
	want := keepLarge(t, store, 2, 7_000_000)
	head, err := store.Load(t.Context(), store.Empty(acc1), func(*es.Commit) error { return nil })
	if err != nil || head.Version() != 2 {
		t.Fatalf("load with corrupt items: version %d, %v, want 2", head.Version(), err)
	}
	if _, err := store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: small(1)}}}); err != nil {
		t.Error(err)
	}
	var got []es.Commit
	for c, err := range store.Read(t.Context(), acc1, es.Range{To: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c)
	}
	if diff := cmp.Diff(want, got, sameBytes); diff != "" {
		t.Errorf("-stored +read:\n%.500s", diff)
	}
}

// TestInspectOverAPage reads a stream of more than 1 MB.
func TestInspectOverAPage(t *testing.T) {
	t.Parallel()
	store := open(t, nil)
	head := store.Empty(acc1)
	for i := range 6 {
		random := make([]byte, 225_000) // incompressible
		_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(random)
		stored, err := store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: []es.RawEvent{
			{Type: "Noted", Schema: 1, Data: json.RawMessage(`"` + base64.StdEncoding.EncodeToString(random) + `"`)},
		}}}})
		if err != nil {
			t.Fatal(err)
		}
		head = stored[0].Head
	}
	var versions []int64
	pages := 0
	for page, err := range store.Inspect(t.Context(), acc1, es.VersionRange{From: 1}) {
		if err != nil || page.Units == 0 || pages > 10 {
			t.Fatalf("page %d: %v, %v units", pages, err, page.Units)
		}
		pages++
		for _, c := range page.Commits {
			versions = append(versions, c.Version)
		}
	}
	if !cmp.Equal(versions, []int64{1, 2, 3, 4, 5, 6}) {
		t.Errorf("versions %v in %d pages, want 1 to 6", versions, pages)
	}
}

// TestScanGoesOnPastCorruptItems: a scan continues after corrupt items, also if a page's position is such an item, with
// a key that no commit has.
func TestScanGoesOnPastCorruptItems(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	table := dynamotest.Table(t, client, eventsTable)
	store, err := dynamostore.New(client, table)
	if err != nil {
		t.Fatal(err)
	}
	good := 0
	for i := range 20 {
		s := es.StreamID{Type: "Account", ID: fmt.Sprint(i)}
		if _, err := store.Append(t.Context(), es.Append{
			Writes: []es.Write{{Head: store.Empty(s), Events: small(1)}},
		}); err != nil {
			t.Fatal(err)
		}
		good++
		for _, key := range []dynamostore.Item{
			{"stream": text(s.String()), "version": &types.AttributeValueMemberN{Value: "2"}},
			{"stream": text(s.String()), "version": &types.AttributeValueMemberN{Value: "2.5"}},
			{"stream": text(fmt.Sprint("no type\n", i)), "version": &types.AttributeValueMemberN{Value: "-1E+30"}},
		} {
			if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: key}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, limit := range []int{0, 1, 3} {
		commits, corrupt := 0, map[string]int{}
		position := es.Start
		for position != es.End { // a new scan for every page
			for page, err := range store.Scan(t.Context(), es.Segment{Of: 1, After: position, Limit: limit, Consistent: true}) {
				if err != nil {
					t.Fatal(err)
				}
				commits += len(page.Commits)
				for _, c := range page.Corrupt {
					corrupt[c.Error()]++
				}
				position = page.Next
				break
			}
		}
		if commits != good || len(corrupt) != 3*good {
			t.Errorf("pages of %d: %d commits and %d corrupt items, want %d and %d", limit, commits, len(corrupt), good, 3*good)
		}
		for text, n := range corrupt {
			if n != 1 || !strings.Contains(text, "@2 is corrupt") && !strings.Contains(text, "2.5") &&
				!strings.Contains(text, `{stream: "no type`) {
				t.Errorf("%d corrupt items, want 1: %s", n, text)
			}
		}
	}
	for page, err := range store.Inspect(t.Context(), es.StreamID{Type: "Account", ID: "7"}, es.VersionRange{}) {
		if err != nil || len(page.Commits) != 1 || len(page.Corrupt) != 2 {
			t.Errorf("inspect a stream: %v, %+v, want one commit", err, page)
		}
	}
}

// TestScanRefusals: what DynamoDB cannot do is refused before anything is sent.
func TestScanRefusals(t *testing.T) {
	t.Parallel()
	first := func(store *dynamostore.Store, segment es.Segment) error {
		for _, err := range store.Scan(t.Context(), segment) {
			return err
		}
		return nil
	}
	store := open(t, nil)
	if err := first(store, es.Segment{Of: 1_000_001}); !errors.As(err, new(*es.SegmentError)) {
		t.Errorf("too many segments: %v", err)
	}
	writeOnly, err := dynamostore.New(struct{ dynamostore.Client }{dynamotest.Client(t)}, "events")
	if err != nil {
		t.Fatal(err)
	}
	if err := first(writeOnly, es.Segment{Of: 1}); err == nil || !strings.Contains(err.Error(), "has no Scan method") {
		t.Errorf("scan with a client that can't scan: %v, want an error", err)
	}
	gone, err := dynamostore.New(dynamotest.Client(t), "no-such-table")
	if err != nil {
		t.Fatal(err)
	}
	if err := first(gone, es.Segment{Index: 2, Of: 3}); !errors.As(err, new(*types.ResourceNotFoundException)) ||
		!strings.Contains(err.Error(), "segment 2 of 3") {
		t.Errorf("no such table: %v", err)
	}
	for _, err := range gone.Inspect(t.Context(), acc1, es.VersionRange{From: 1}) {
		if !errors.As(err, new(*types.ResourceNotFoundException)) {
			t.Errorf("no such table: %v", err)
		}
	}
}
