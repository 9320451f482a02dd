package viewtest

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// reader is a new process that reads ledgers of fold versions 1 and 2.
func (b *bench) reader() *projection.Reader {
	return projection.NewReader(b.store, b.catalog, projection.ReaderConfig{Now: b.now}, projection.Subscription{
		Projection: fold{version: 2}.of(b.has), Former: []projection.Projection{fold{version: 1}.of(b.has)},
		View: b.view, Apart: b.apart,
	})
}

// open opens the ledgers for one request.
func (b *bench) open(t *testing.T) *projection.Session {
	t.Helper()
	s, err := b.reader().Open(t.Context(), "ledger")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shown is all that readers see.
func (b *bench) shown(t *testing.T) map[string]string {
	t.Helper()
	out, streams := map[string]string{}, b.streams(t)
	s := b.open(t)
	documents, err := fold{version: 2}.of(b.has).Documents(t.Context(), s, streams...)
	if err != nil {
		t.Fatal(err)
	}
	for stream, d := range documents {
		out[stream.String()] = fmt.Sprint(d.Data, d.Owner, d.Err)
	}
	if b.has.Counters {
		counters, err := s.AllCounters(t.Context(), "letters", "fan")
		if err != nil {
			t.Fatal(err)
		}
		for sort, counts := range counters {
			n := counts["count"]
			out["counter "+sort] = n.String()
		}
	}
	for _, descending := range []bool{false, true} {
		if b.has.Append {
			listInto(t, out, b.reader(), entries, projection.Query{
				Partitions: []string{"all", "fanned"}, Limit: 60, Descending: descending,
			})
		}
		if b.has.Own {
			listInto(t, out, b.reader(), lines, projection.Query{
				Partitions: []string{"lines", "more", "fan"}, Limit: 25, Descending: descending,
			})
		}
		if b.has.Index {
			listInto(t, out, b.reader(), byLast, projection.Query{
				Partitions: []string{"last/x", "last/y", "last/z"}, Limit: 1, Tokens: streams, Descending: descending,
			})
			listInto(t, out, b.reader(), oddOnes, projection.Query{
				Partitions: []string{"odd"}, Limit: 2, Tokens: streams, Descending: descending,
			})
		}
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
			out[fmt.Sprint(list.Name(), " ", q.Descending, " ", n)] = fmt.Sprint(item.Key, item.Row, item.Err)
		}
		if cursor = page.Next; cursor == "" {
			return
		}
	}
}

// wantShown fails the test unless readers see what a plain fold makes of all streams: rows of each kind that the store
// holds among it. Streams that the fold can't fold are as far as it can.
func (b *bench) wantShown(t *testing.T, f fold) {
	t.Helper()
	plain := newBench(t, memview.New(), b.has)
	plain.store = b.store
	e := plain.engine(f)
	for _, stream := range b.streams(t) {
		if err := e.CatchUp(t.Context(), stream); err != nil {
			t.Fatal(err)
		}
	}
	want := plain.shown(t)
	if diff := cmp.Diff(want, b.shown(t)); diff != "" {
		t.Errorf("shown of %d streams and rows (-plain +got):\n%s", len(want), diff)
	}
	for kind, name := range map[projection.RowKind]string{
		projection.OwnRow: "lines ", projection.SharedRow: "counter ", projection.AppendedRow: "entries ",
		projection.IndexedRow: "by-last ",
	} {
		shows := false
		for key := range maps.Keys(want) {
			shows = shows || strings.HasPrefix(key, name)
		}
		if shows != b.has.holds(kind) {
			t.Errorf("%s are shown: %v, want %v", kindNames[kind], shows, b.has.holds(kind))
		}
	}
}
