package verify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/verify"
)

var now = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func account(i int) es.StreamID { return es.StreamID{Type: "Account", ID: fmt.Sprint("acc-", i)} }

func events(n int) []es.RawEvent {
	out := make([]es.RawEvent, n)
	for i := range out {
		out[i] = es.RawEvent{Type: "MoneyDeposited", Schema: 1, Data: json.RawMessage(fmt.Sprintf(`{"amount":"%d.00"}`, i))}
	}
	return out
}

// writer appends to a store and keeps the streams' heads.
type writer struct {
	es.Store
	heads map[es.StreamID]es.Head
}

func newWriter(s es.Store) *writer { return &writer{Store: s, heads: map[es.StreamID]es.Head{}} }

// append appends a commit of n events to each stream, all in one append.
func (w *writer) append(ctx context.Context, n int, streams ...es.StreamID) error {
	a := es.Append{
		Meta: es.Meta{
			CorrelationID: "corr",
			Actor:         "ann",
			OccurredAt:    now.Add(-time.Hour),
			Extra:         map[string]string{"tenant": "t1", "empty": ""},
		},
		Command: es.CommandRef{ID: "cmd", Fingerprint: "fp"},
	}
	for i, s := range streams {
		head, ok := w.heads[s]
		if !ok {
			head = w.Empty(s)
		}
		a.Writes = append(a.Writes, es.Write{Head: head, Events: events(n + i%2)})
	}
	stored, err := w.Append(ctx, a)
	if err != nil {
		return err
	}
	for _, c := range stored {
		w.heads[c.Stream] = c.Head
	}
	return nil
}

// all reads all commits.
func all(ctx context.Context, s es.Scanner) (list, error) {
	var out list
	for page, err := range s.Scan(ctx, es.Segment{Of: 1, Consistent: true}) {
		if err != nil {
			return nil, err
		}
		out = append(out, page.Commits...)
	}
	return out, nil
}

// history generates a history of a few streams, with some appends to several of them.
func history(r *rapid.T) list {
	s := memstore.New(memstore.Config{Now: func() time.Time { return now }})
	w := newWriter(s)
	streams := rapid.IntRange(1, 6).Draw(r, "streams")
	for range rapid.IntRange(1, 25).Draw(r, "appends") {
		to := rapid.SliceOfNDistinct(rapid.IntRange(0, streams-1), 1, min(streams, 3), rapid.ID).Draw(r, "to")
		var ids []es.StreamID
		for _, i := range to {
			ids = append(ids, account(i))
		}
		if err := w.append(context.Background(), rapid.IntRange(1, 4).Draw(r, "events"), ids...); err != nil {
			r.Fatal(err)
		}
	}
	commits, err := all(context.Background(), s)
	if err != nil {
		r.Fatal(err)
	}
	return commits.sorted()
}

// anchors returns the ends of the streams of an intact list.
func (l list) anchors(t fataler) []verify.Witness {
	r, err := verify.Store(context.Background(), l, verify.Config{Heads: true})
	if err != nil {
		t.Fatal(err)
	}
	if r.Found > 0 {
		t.Fatalf("an intact history: %v", r.Findings)
	}
	a, err := r.Anchors(now)
	if err != nil {
		t.Fatal(err)
	}
	return a.Witnesses("anchors")
}

type fataler interface {
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// TestIntact: an intact history has no findings with any witnesses, and the counts are right.
func TestIntact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		l := history(r)
		witnesses := l.anchors(r)
		var events int64
		for _, c := range l {
			events += int64(len(c.Events))
			version := c.Version + int64(rapid.IntRange(0, len(c.Events)-1).Draw(r, "version"))
			witnesses = append(witnesses, verify.Witness{Source: "checkpoint", Stream: c.Stream, Version: version, Hash: c.Hash})
		}
		witnesses = append(witnesses, verify.Witness{Source: "nothing yet", Stream: es.StreamID{Type: "Account", ID: "none"}})
		for _, segments := range []int{1, 3, 16} {
			for _, open := range []int{0, 2, 1000} {
				got, err := verify.StoreWithin(context.Background(), l, verify.Config{
					Segments: segments, Witnesses: witnesses,
				}, open)
				if err != nil || got.Found > 0 || got.Commits != int64(len(l)) || got.Events != events {
					r.Fatalf("%d segments, %d open: %v, %+v, want %d commits of %d events", segments, open, err, got, len(l), events)
				}
			}
		}
		for _, c := range l {
			if got, err := verify.StreamAtOnce(context.Background(), l, c.Stream, witnesses...); err != nil || got.Found > 0 ||
				len(got.Heads) != 1 {
				r.Fatalf("%s alone: %v, %+v", c.Stream, err, got)
			}
		}
	})
}

// late is a list whose last commits were stored after the scan had passed their place.
type late struct{ list }

func (l late) Scan(ctx context.Context, segment es.Segment) iter.Seq2[es.ScanPage, error] {
	var early list
	for i, c := range l.sorted() {
		if l.next(i) != nil {
			early = append(early, c)
		}
	}
	return early.Scan(ctx, segment)
}

// TestLateCommits: a commit that was stored after the scan passed, and is named by siblings or witnesses, is not
// missing.
func TestLateCommits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		l := history(r)
		var witnesses []verify.Witness
		for _, c := range l {
			version := c.Version + int64(rapid.IntRange(0, len(c.Events)-1).Draw(r, "version"))
			witnesses = append(witnesses, verify.Witness{Source: "checkpoint", Stream: c.Stream, Version: version, Hash: c.Hash})
		}
		open := rapid.SampledFrom([]int{0, 4, 1000}).Draw(r, "open")
		got, err := verify.StoreWithin(context.Background(), late{l}, verify.Config{Segments: 3, Witnesses: witnesses}, open)
		if err != nil || got.Found > 0 {
			r.Fatalf("%v, %+v", err, got)
		}
	})
}

// clone copies what a mutation modifies.
func clone(c es.Commit) es.Commit {
	c.Events = slices.Clone(c.Events)
	for i := range c.Events {
		c.Events[i].Data = slices.Clone(c.Events[i].Data)
	}
	c.Prev, c.Hash, c.Siblings = slices.Clone(c.Prev), slices.Clone(c.Hash), slices.Clone(c.Siblings)
	return c
}
