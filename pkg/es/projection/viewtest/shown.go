package viewtest

import (
	"fmt"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// shownBy is all that readers of a view see.
func shownBy(
	t *testing.T, store es.Reader, catalog projection.Catalog, view projection.View, ids ...string,
) map[string]string {
	t.Helper()
	fold := ledgerOf("")
	r := projection.NewReader(store, catalog, projection.ReaderConfig{}, projection.Subscription{
		Projection: fold, View: view,
	})
	out := map[string]string{}
	s, err := r.Open(t.Context(), "ledger")
	if err != nil {
		t.Fatal(err)
	}
	streams := make([]es.StreamID, len(ids))
	for i, id := range ids {
		streams[i] = note(id)
	}
	documents, err := fold.Documents(t.Context(), s, streams...)
	if err != nil {
		t.Fatal(err)
	}
	for stream, d := range documents {
		out[stream.String()] = fmt.Sprint(d.Data, d.Owner, d.Err)
	}
	counters, err := s.AllCounters(t.Context(), "letters", "fan")
	if err != nil {
		t.Fatal(err)
	}
	for sort, counts := range counters {
		n := counts["count"]
		out["counter "+sort] = n.String()
	}
	for _, descending := range []bool{false, true} {
		listInto(t, out, r, entries, projection.Query{
			Partitions: []string{"all", "fanned"}, Limit: 3, Descending: descending,
		})
		listInto(t, out, r, lines, projection.Query{Partitions: []string{"lines"}, Limit: 2, Descending: descending})
		listInto(t, out, r, byLast, projection.Query{
			Partitions: []string{"last/x", "last/y", "last/z"}, Limit: 1, Tokens: streams, Descending: descending,
		})
		listInto(t, out, r, oddOnes, projection.Query{
			Partitions: []string{"odd"}, Limit: 2, Tokens: streams, Descending: descending,
		})
	}
	return out
}

func listInto[R any](
	t *testing.T, out map[string]string, r *projection.Reader, list *projection.Rows[R], q projection.Query,
) {
	t.Helper()
	n := 0
	for cursor := ""; ; {
		s, err := r.OpenAt(t.Context(), "ledger", cursor)
		if err != nil {
			t.Fatal(err)
		}
		page, err := list.Page(t.Context(), s, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			n++
			out[fmt.Sprint(list.Name(), q.Descending, n)] = fmt.Sprint(item.Key, item.Row, item.Err)
		}
		if cursor = page.Next; cursor == "" {
			return
		}
	}
}
