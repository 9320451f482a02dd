package projection_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// lagging lists documents as they were in another view.
type lagging struct {
	projection.View
	past projection.View
}

func (v lagging) List(
	ctx context.Context, g projection.Generation, l projection.Listing,
) iter.Seq2[projection.Listed, error] {
	if l.Kind == projection.IndexedRow {
		return v.past.List(ctx, g, l)
	}
	return v.View.List(ctx, g, l)
}

// cards are documents of which each event sets everything: the place in the list, and the row.
type card struct{ Partition, Sort, Row string }

var deck = projection.IndexRows("deck", func(c *card) (projection.Key, string, bool) {
	return projection.Key{Partition: c.Partition, Sort: c.Sort}, c.Row, c.Partition != ""
})

func cards(fold int, more ...projection.Part) projection.Projection {
	return projection.New("log", fold, projection.From(noted(notes),
		projection.On(func(c *card, e projection.Event[Noted], _ *projection.Writes) error {
			at := strings.Split(e.Data.Text+"//", "/")
			*c = card{at[0], at[1], at[2]}
			return nil
		})), append(more, deck)...)
}

// TestOverlay: a list over a lagging index shows the current documents that its caller waited for, each row once over
// all pages. Without tokens it shows what the index has.
func TestOverlay(t *testing.T) {
	t.Parallel()
	b := newBench()
	past := memview.New(memview.Config{})
	all := map[string]string{"b": "p/20/b", "d": "p/40/d", "f": "q/60/f", "h": "p/80/h", "i": "p/90/i", "n": ""}
	feeding := func(view projection.View) *projection.Engine {
		return b.engineOn(b.store, view, b.catalog, projection.Config{}, cards(1))
	}
	for id, text := range all {
		c := b.write(t, id, Noted{text})
		apply(t, feeding(past), c)
		apply(t, feeding(b.view), c)
	}
	r := b.readerFor(projection.Subscription{Projection: cards(1), View: lagging{b.view, past}})
	changes := map[string]struct{ id, text string }{
		"added at the beginning": {"a", "p/10/new"}, "added in the middle": {"e", "p/50/new"},
		"added at the end": {"z", "q/99/new"},
		"another row":      {"d", "p/40/new"}, "taken out": {"d", ""}, "the first is taken out": {"b", ""},
		"the last is taken out": {"i", ""},
		"moved back":            {"h", "p/15/new"}, "moved forth": {"b", "p/70/new"}, "moved to the end": {"b", "p/99/new"},
		"moved to the beginning": {"i", "p/00/new"}, "to another partition": {"d", "q/40/new"},
		"to a partition that is not listed": {"d", "r/40/new"},
		"put in":                            {"n", "q/30/new"},
	}
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		change := changes[name]
		apply(t, feeding(b.view), b.write(t, change.id, Noted{change.text}))
		now := maps.Clone(all)
		now[change.id] = change.text
		tokens := []es.StreamID{note(change.id), note("unseen"), {Type: "Other", ID: "o"}}
		for _, q := range []projection.Query{{}, {Descending: true}, {MaxBytes: 1}, {MaxBytes: 12, Descending: true}} {
			q.Partitions = []string{"p", "q"}
			for limit := 1; limit <= 8; limit++ {
				q.Limit, q.Tokens = limit, nil
				if diff := cmp.Diff(listOf(all, q.Descending), slices.Concat(pages(t, r, deck, q)...)); diff != "" {
					t.Errorf("%s: without a token, limit %d (-want +got):\n%s", name, limit, diff)
				}
				q.Tokens = tokens
				if diff := cmp.Diff(listOf(now, q.Descending), slices.Concat(pages(t, r, deck, q)...)); diff != "" {
					t.Errorf("%s: list %+v (-want +got):\n%s", name, q, diff)
				}
			}
		}
		apply(t, feeding(b.view), b.write(t, change.id, Noted{all[change.id]})) // as it was
	}
}

// listOf is the list of documents in partitions p and q, by their contents.
func listOf(all map[string]string, descending bool) (rows []string) {
	for id, text := range all {
		at := strings.Split(text+"//", "/")
		if at[0] == "p" || at[0] == "q" {
			rows = append(rows,
				fmt.Sprint(at[0], " ", projection.OwnKey(note(id), projection.Key{Sort: at[1]}).Sort, ": ", at[2]))
		}
	}
	slices.SortFunc(rows, func(a, b string) int { return strings.Compare(a[2:], b[2:]) })
	if descending {
		slices.Reverse(rows)
	}
	return rows
}

// TestCursorKeepsTokens: a caller that continues with a cursor need not pass the tokens again.
func TestCursorKeepsTokens(t *testing.T) {
	t.Parallel()
	b := newBench()
	past := memview.New(memview.Config{})
	for i := range 6 {
		c := b.write(t, fmt.Sprint(i), Noted{fmt.Sprintf("p/%d/old", i)})
		apply(t, b.engineOn(b.store, past, b.catalog, projection.Config{}, cards(1)), c)
		apply(t, b.engineOn(b.store, b.view, b.catalog, projection.Config{}, cards(1)), c)
	}
	apply(t, b.engineOn(b.store, b.view, b.catalog, projection.Config{}, cards(1)), b.write(t, "5", Noted{"p/0/new"}))
	r := b.readerFor(projection.Subscription{Projection: cards(1), View: lagging{b.view, past}})
	q := projection.Query{Partitions: []string{"p"}, Limit: 2, Tokens: []es.StreamID{note("5")}}
	var got []string
	for cursor := ""; ; q.Tokens = nil {
		s, err := r.OpenAt(t.Context(), "log", cursor)
		if err != nil {
			t.Fatal(err)
		}
		page, err := deck.Page(t.Context(), s, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			got = append(got, item.Key.Sort+" "+item.Row)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	want := []string{"0|Note#0 old", "0|Note#5 new", "1|Note#1 old", "2|Note#2 old", "3|Note#3 old", "4|Note#4 old"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
}

// TestUpgradedRows: rows that a former fold made are read in the form of the newest fold, during its rebuild and after.
func TestUpgradedRows(t *testing.T) {
	t.Parallel()
	b := newBench()
	louder := projection.Upgrade(func(row json.RawMessage) (json.RawMessage, error) {
		return json.RawMessage(strings.ToUpper(string(row))), nil
	})
	former, newest := cards(1, louder), cards(2)
	apply(t, b.engineOf(projection.Config{}, former), b.write(t, "a", Noted{"P/x/row"}))
	e := b.engineOf(projection.Config{}, newest, former)
	q := projection.Query{Partitions: []string{"P"}, Limit: 5}
	for _, want := range []string{"P x|Note#a: ROW", "P x|Note#a: row"} {
		r := b.reader(newest, former)
		if got := slices.Concat(pages(t, r, deck, q)...); !slices.Equal(got, []string{want}) {
			t.Errorf("list: %q, want %q", got, want)
		}
		if _, _, err := b.rebuilder(e).Run(t.Context(), "log", nil); err != nil {
			t.Fatal(err)
		}
		b.now = b.now.Add(projection.RecordCacheAge)
	}
}
