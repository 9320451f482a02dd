package projection_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/projection"
)

// pages reads a list to its end, and returns its pages as text: each row with its sort key.
func pages[R any](t *testing.T, r *projection.Reader, list *projection.Rows[R], q projection.Query) (all [][]string) {
	t.Helper()
	for cursor := ""; ; {
		s, err := r.OpenAt(t.Context(), "log", cursor)
		if err != nil {
			t.Fatal(err)
		}
		page, err := list.Page(t.Context(), s, q)
		if err != nil {
			t.Fatal(err)
		}
		var rows []string
		for _, item := range page.Items {
			if item.Err != nil {
				t.Error(item.Err)
			}
			rows = append(rows, fmt.Sprint(item.Key.Partition, " ", item.Key.Sort, ": ", item.Row))
		}
		all = append(all, rows)
		if cursor = page.Next; cursor == "" {
			return all
		}
		if len(all) > 200 {
			t.Fatal("the list has no end")
		}
	}
}

// ledgers is a bench with a generation of ledgers, of notes a to e.
func ledgers(t *testing.T) (*bench, *projection.Engine) {
	t.Helper()
	b := newBench()
	e := b.engineOf(projection.Config{}, ledgerOf(1, "T"))
	for i, id := range []string{"a", "b", "c", "d", "e"} {
		for n := range i + 1 {
			apply(t, e, b.write(t, id, Noted{fmt.Sprint("x", n)}, Fanned{n + 1}, Noted{fmt.Sprint("y", n%2)}))
		}
	}
	return b, e
}

func (b *bench) reader(fold projection.Projection, former ...projection.Projection) *projection.Reader {
	return b.readerFor(projection.Subscription{Projection: fold, Former: former, View: b.view})
}

// ledgerRows is how many rows the list of ledgers has.
const ledgerRows = 83

// TestPages: a list over several partitions has every row once, in order, whatever the size of its pages.
func TestPages(t *testing.T) {
	t.Parallel()
	b, _ := ledgers(t)
	r := b.reader(ledgerOf(1, "T"))
	whole := func(q projection.Query) []string {
		q.Limit = 1000
		one := pages(t, r, entries, q)
		if len(one) != 1 || len(one[0]) != ledgerRows {
			t.Fatalf("%d pages, the first of %d rows", len(one), len(one[0]))
		}
		return one[0]
	}
	for _, descending := range []bool{false, true} {
		q := projection.Query{Partitions: []string{"all", "letter/x", "letter/y", "fanned", "none"}, Descending: descending}
		want := whole(q)
		sorted := slices.IsSortedFunc(want, func(a, b string) int {
			_, a, _ = strings.Cut(a, " ")
			_, b, _ = strings.Cut(b, " ")
			if descending {
				a, b = b, a
			}
			return strings.Compare(a, b)
		})
		if !sorted {
			t.Errorf("descending %v: the list is not in order", descending)
		}
		for _, limit := range []int{1, 2, 3, 7, 82, 83} {
			q.Limit = limit
			got := pages(t, r, entries, q)
			if diff := cmp.Diff(want, slices.Concat(got...)); diff != "" || len(got) != (ledgerRows+limit-1)/limit {
				t.Errorf("descending %v, limit %d: %d pages (-want +got):\n%s", descending, limit, len(got), diff)
			}
		}
		for _, bytes := range []int{1, 3, 4, 10, 60} {
			q.Limit, q.MaxBytes, q.Size = 20, bytes, func(row json.RawMessage) int { return len(row) }
			got := pages(t, r, entries, q)
			if diff := cmp.Diff(want, slices.Concat(got...)); diff != "" {
				t.Errorf("descending %v, %d bytes (-want +got):\n%s", descending, bytes, diff)
			}
		}
	}
}

// TestPagesOfEqualKeys: rows that a stream puts under the same sort key in several partitions are all listed.
func TestPagesOfEqualKeys(t *testing.T) {
	t.Parallel()
	b := newBench()
	fold := foldOf("log", func(_ *notebook, e projection.Event[noteEvent], w *projection.Writes) error {
		for _, partition := range []string{"one", "two", "three"} {
			texts.Put(w, projection.Key{Partition: partition, Sort: e.Sort()}, partition)
		}
		return nil
	})
	e := b.engineOf(projection.Config{}, fold)
	apply(t, e, b.write(t, "a", Noted{"x"}, Noted{"y"}), b.write(t, "b", Noted{"x"}, Noted{"y"}, Noted{"z"}))
	for _, descending := range []bool{false, true} {
		for limit := 1; limit <= 16; limit++ {
			q := projection.Query{Partitions: []string{"one", "two", "three"}, Limit: limit, Descending: descending}
			all := slices.Concat(pages(t, b.reader(fold), texts, q)...)
			if slices.Sort(all); len(slices.Compact(all)) != 15 {
				t.Errorf("descending %v, limit %d: %d rows of 15", descending, limit, len(all))
			}
		}
	}
}

// TestPagesOfRowsThatDoNotCount: rows that no checkpoint has reached, or of a replaced epoch, are on no page, and pages
// are full anyway.
func TestPagesOfRowsThatDoNotCount(t *testing.T) {
	t.Parallel()
	b, e := ledgers(t)
	r := b.reader(ledgerOf(1, "T"))
	q := projection.Query{Partitions: []string{"all", "more"}, Limit: 3}
	want := slices.Concat(pages(t, r, entries, q)...)
	apply(t, b.engineOf(projection.Config{}, ledgerOf(1, "")), b.write(t, "a", Poisoned{})) // it raises the epoch
	if err := e.RetryStream(t.Context(), note("a")); err != nil {
		t.Fatal(err)
	}
	want = append(want, "all "+projection.AppendKey("", note("a"), 4, 0).Sort+": T")
	slices.SortFunc(want, strings.Compare)
	at := b.at(t, 1, "a")
	for place := range 40 {
		for _, row := range []projection.AppendRow{
			{Key: projection.AppendKey("all", note("a"), 4, 10+place), Epoch: at.Epoch() - 1},
			{Key: projection.AppendKey("all", note("b"), 100, place)},
			{Key: projection.AppendKey("more", note("unseen"), 1, place)},
			{Key: projection.AppendKey("more", note("a"), 5, place), Epoch: at.Epoch()},
		} {
			row.Row = json.RawMessage(`"late"`)
			if err := b.view.Append(t.Context(), 1, row); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, limit := range []int{1, 3, 5, 100} {
		q.Limit = limit
		got := pages(t, r, entries, q)
		if diff := cmp.Diff(want, slices.Concat(got...)); diff != "" || len(got) != (len(want)+limit-1)/limit {
			t.Errorf("limit %d: %d pages (-want +got):\n%s", limit, len(got), diff)
		}
	}
}

// TestCursors: a cursor continues in the generation that issued it, after a swap too, until that is dropped. It is
// valid only for its list.
func TestCursors(t *testing.T) {
	t.Parallel()
	b, _ := ledgers(t)
	newest, former := ledgerOf(2, "T"), ledgerOf(1, "T")
	e, r := b.engineOf(projection.Config{}, newest, former), b.reader(newest, former)
	q := projection.Query{Partitions: []string{"all"}, Limit: 2}
	open := func(cursor string) *projection.Session {
		t.Helper()
		s, err := r.OpenAt(t.Context(), "log", cursor)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	page, err := entries.Page(t.Context(), open(""), q)
	if err != nil || page.Next == "" {
		t.Fatal(page, err)
	}
	if _, err := lines.Page(t.Context(), open(page.Next), q); !errors.Is(err, projection.ErrCursor) {
		t.Errorf("cursor with another list: %v, want ErrCursor", err)
	}
	forged := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for _, bad := range []string{
		"x", "!", forged(`{"g":1}`), forged(`{"g":1,"l":"entries","s":""}`), forged(`{"g":9,"l":"entries","s":"a"}`),
		forged(`{"g":1,"l":"entries","s":"` + strings.Repeat("s", 1025) + `"}`), forged(`7`), page.Next[:len(page.Next)-3],
	} {
		if _, err := r.OpenAt(t.Context(), "log", bad); !errors.Is(err, projection.ErrCursor) {
			t.Errorf("open the cursor %q: %v, want ErrCursor", bad, err)
		}
	}
	if _, _, err := b.rebuilder(e).Run(t.Context(), "log", nil); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(projection.RecordCacheAge)
	apply(t, e, b.write(t, "z", Noted{"x"}))
	if s := open(""); s.Build.Generation != 2 {
		t.Errorf("generation %d is read", s.Build.Generation)
	}
	s := open(page.Next)
	rest, err := entries.Page(t.Context(), s, projection.Query{Partitions: []string{"all"}, Limit: 100})
	if err != nil || s.Build.Generation != 1 || len(rest.Items) != 29 {
		t.Errorf("rest of the list: generation %d, %d rows, %v; want generation 1 and 29",
			s.Build.Generation, len(rest.Items), err)
	}
	b.now = b.now.Add(2 * 24 * time.Hour)
	if _, err := b.rebuilder(e).Tidy(t.Context(), "log"); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(projection.RecordCacheAge)
	if _, err := r.OpenAt(t.Context(), "log", page.Next); !errors.Is(err, projection.ErrCursor) {
		t.Errorf("cursor of a generation that is dropped: %v, want ErrCursor", err)
	}
}
