package viewtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// tokens: a session shows a version as soon as it is applied, or if no event up to it concerns the ledgers. A parked
// stream does not show what it lacks.
func tokens(t *testing.T, b *bench) {
	e := b.engine(fold{version: 1})
	shows := func(c es.Commit, want bool) {
		t.Helper()
		v := es.StreamVersion{Stream: c.Stream, Version: c.LastVersion()}
		got, err := b.open(t).Progress(t.Context(), v)
		_, lags := b.view.(projection.Lagging)
		for begin := time.Now(); lags && want && err == nil && !got.Shows && time.Since(begin) < time.Minute; {
			time.Sleep(50 * time.Millisecond) // until searches show it
			got, err = b.open(t).Progress(t.Context(), v)
		}
		if err != nil || got.Shows != want {
			t.Errorf("%s is shown: %v at version %d, %v, want %v", v, got.Shows, got.Version, err, want)
		}
	}
	var last es.Commit
	for i := range 3 {
		last = b.write(t, "a", noted{fmt.Sprint("x ", i)}, noted{"y"})
		shows(last, false)
		apply(t, e, last)
		shows(last, true)
	}
	skipped := b.write(t, "a", passed{})
	shows(skipped, true)
	next := b.write(t, "a", struck{})
	shows(next, false)
	apply(t, e, next)
	shows(next, true)
	shows(last, true)

	bad := b.write(t, "bad", noted{"x"}, poisoned{})
	apply(t, e, bad)
	shows(bad, false)
	more := b.write(t, "bad", passed{})
	shows(more, false)
	mended := b.engine(fold{version: 1, takes: "mended"})
	if err := mended.RetryStream(t.Context(), bad.Stream); err != nil {
		t.Fatal(err)
	}
	shows(more, true)
}

// listsWithTokens: a list over an index shows the documents that a caller waited for where they are now, once, and its
// other documents where they were, although the index may lag. The cursor keeps that.
func listsWithTokens(t *testing.T, b *bench) {
	e := b.engine(fold{version: 1})
	texts := map[string]string{}
	for i := range 12 {
		id := fmt.Sprint("s", i%3)
		texts[id] = fmt.Sprintf("%c %02d", 'x'+rune(i%2), (7*i)%12) // it moves between partitions and places
		c := b.write(t, id, noted{texts[id]})
		apply(t, e, c)
		s := b.open(t)
		token := es.StreamVersion{Stream: c.Stream, Version: c.LastVersion()}
		if got, err := s.Progress(t.Context(), token); err != nil || !got.Shows {
			t.Fatalf("%s is shown: %v, %v", token, got.Shows, err)
		}
		for _, descending := range []bool{false, true} {
			q := projection.Query{
				Partitions: []string{"last/x", "last/y"}, Limit: 1, Tokens: []es.StreamID{c.Stream},
				Descending: descending,
			}
			rows := map[string]string{}
			listInto(t, rows, b.reader(), byLast, q)
			at := projection.OwnKey(c.Stream, projection.Key{Partition: "last/" + texts[id][:1], Sort: texts[id]})
			want, found := fmt.Sprint(at, texts[id], error(nil)), 0
			for _, row := range rows {
				if row == want {
					found++
				}
			}
			if found != 1 {
				t.Errorf("descending %v: %s is listed %d times in %v, want once", descending, want, found, rows)
			}
		}
	}
	documents, err := fold{version: 1}.of(b.has).Documents(t.Context(), b.open(t), b.streams(t)...)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for stream, d := range documents {
		got[stream.ID] = d.Data.Last
	}
	if diff := cmp.Diff(texts, got); diff != "" {
		t.Errorf("last texts (-want +got):\n%s", diff)
	}
	b.wantShown(t, fold{version: 1})
}
