package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
)

// ranges reads ranges of the commits 1-3, 4, 5-9 and 10, which were recorded an hour apart.
func ranges(t *testing.T, f *fixture) {
	start := f.clock.now().Truncate(time.Microsecond)
	for _, n := range []int{3, 1, 5, 1} {
		f.must(t, f.head(t, stream), events(n)...)
		f.clock.add(time.Hour)
	}
	for _, test := range []struct {
		name string
		r    es.Range
		want []int64 // first versions
	}{
		{"all", es.Range{}, []int64{1, 4, 5, 10}},
		{"from 1", es.Range{From: 1}, []int64{1, 4, 5, 10}},
		{"from a commit's start", es.Range{From: 5}, []int64{5, 10}},
		{"from inside a commit", es.Range{From: 3}, []int64{1, 4, 5, 10}},
		{"from inside the third", es.Range{From: 7}, []int64{5, 10}},
		{"from the last", es.Range{From: 10}, []int64{10}},
		{"from beyond the end", es.Range{From: 11}, nil},
		{"from far beyond", es.Range{From: 1000}, nil},
		{"to a commit's start", es.Range{To: 4}, []int64{1, 4}},
		{"to inside a commit", es.Range{To: 6}, []int64{1, 4, 5}},
		{"to beyond the end", es.Range{To: 99}, []int64{1, 4, 5, 10}},
		{"one version inside a commit", es.Range{From: 8, To: 8}, []int64{5}},
		{"as of before anything", es.Range{AsOf: start.Add(-time.Microsecond)}, nil},
		{"as of the first's instant", es.Range{AsOf: start}, []int64{1}},
		{"as of between", es.Range{AsOf: start.Add(150 * time.Minute)}, []int64{1, 4, 5}},
		{"as of later, from inside", es.Range{From: 2, AsOf: start.Add(time.Hour)}, []int64{1, 4}},
	} {
		var got []int64
		for _, c := range f.commits(t, stream, test.r) {
			got = append(got, c.Version)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: first versions (-want +got):\n%s", test.name, diff)
		}
	}
	last := f.must(t, f.head(t, stream), events(3)...) // 11-13, now the end
	if got := f.commits(t, stream, es.Range{From: 13}); len(got) != 1 || got[0].Version != last.Version {
		t.Errorf("from inside the last commit: %d commits", len(got))
	}
}

// overAPage reads a stream that is larger than DynamoDB's page of 1 MB.
func overAPage(t *testing.T, f *fixture) {
	const n, size = 60, 40_000
	for range n {
		f.must(t, f.head(t, stream), sized(size), event(1))
	}
	f.whole(t, stream, 2*n)
	seen := 0
	head, err := f.Load(t.Context(), f.Empty(stream), func(c *es.Commit) error {
		if len(c.Events[0].Data) != size {
			t.Errorf("@%d has %d bytes, want %d", c.Version, len(c.Events[0].Data), size)
		}
		seen++
		return nil
	})
	if err != nil || seen != n || head.Version() != 2*n {
		t.Errorf("loaded %d commits up to %d: %v; want %d up to %d", seen, head.Version(), err, n, 2*n)
	}
	f.must(t, head, event(1))
}

func stopEarly(t *testing.T, f *fixture) {
	for range 5 {
		f.must(t, f.head(t, stream), event(1))
	}
	seen := 0
	for _, err := range f.Read(t.Context(), stream, es.Range{From: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen == 2 {
			break
		}
	}
	if seen != 2 {
		t.Errorf("saw %d commits, want 2", seen)
	}
}

func readCanceled(t *testing.T, f *fixture) {
	f.must(t, f.Empty(stream), event(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Head(ctx, stream); !errors.Is(err, context.Canceled) {
		t.Errorf("head with a canceled context: %v, want context.Canceled", err)
	}
	if _, err := f.Load(ctx, f.Empty(stream), func(*es.Commit) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("load with a canceled context: %v, want context.Canceled", err)
	}
	last := errors.New("nothing was yielded")
	for _, err := range f.Read(ctx, stream, es.Range{}) {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("read with a canceled context: %v, want context.Canceled", last)
	}
}

func visitError(t *testing.T, f *fixture) {
	f.must(t, f.Empty(stream), event(1))
	f.must(t, f.head(t, stream), event(2))
	enough, visits := errors.New("enough"), 0
	_, err := f.Load(t.Context(), f.Empty(stream), func(*es.Commit) error { visits++; return enough })
	if err != enough || visits != 1 { //nolint:errorlint // it must be the same value
		t.Errorf("load: %v after %d visits, want %v after 1", err, visits, enough)
	}
}

func loadAfterHead(t *testing.T, f *fixture) {
	f.must(t, f.Empty(stream), events(3)...)
	middle := f.head(t, stream)
	f.must(t, middle, events(2)...)
	var got []int64
	head, err := f.Load(t.Context(), middle, func(c *es.Commit) error { got = append(got, c.Version); return nil })
	if err != nil || head.Version() != 5 || !cmp.Equal(got, []int64{4}) {
		t.Errorf("loaded %v up to %d: %v", got, head.Version(), err)
	}
	if head, err = f.Load(t.Context(), head, func(*es.Commit) error {
		return errors.New("there is nothing more")
	}); err != nil || head.Version() != 5 {
		t.Errorf("load from the head on: head %d: %v", head.Version(), err)
	}
	f.must(t, head, event(1))
}

func resume(t *testing.T, f *fixture) {
	f.must(t, f.Empty(stream), events(3)...)
	at := f.must(t, f.head(t, stream), events(2)...)
	visit := func(got *[]int64) func(*es.Commit) error {
		return func(c *es.Commit) error { *got = append(*got, c.Version); return nil }
	}
	for _, later := range []int{0, 4} { // first at the end, then with later events
		if later > 0 {
			f.must(t, f.head(t, stream), events(later)...)
		}
		var got, want []int64
		if later > 0 {
			want = []int64{6}
		}
		head, err := f.Resume(t.Context(), es.StreamVersion{Stream: stream, Version: 4}, at.Hash, visit(&got))
		if err != nil || head.Version() != int64(5+later) || !cmp.Equal(got, want) {
			t.Errorf("resumed with %v up to %d: %v", got, head.Version(), err)
		}
		if later > 0 {
			f.must(t, head, event(1))
		}
	}
	for name, from := range map[string]struct {
		at   es.StreamVersion
		hash []byte
	}{
		"another hash":            {es.StreamVersion{Stream: stream, Version: 4}, []byte("x")},
		"no hash":                 {es.StreamVersion{Stream: stream, Version: 4}, nil},
		"inside a commit":         {es.StreamVersion{Stream: stream, Version: 5}, at.Hash},
		"another commit":          {es.StreamVersion{Stream: stream, Version: 1}, at.Hash},
		"beyond the end":          {es.StreamVersion{Stream: stream, Version: 50}, at.Hash},
		"a stream without events": {es.StreamVersion{Stream: other, Version: 1}, at.Hash},
	} {
		var got []int64
		if _, err := f.Resume(t.Context(), from.at, from.hash, visit(&got)); !errors.Is(err, es.ErrNotResumable) ||
			len(got) > 0 {
			t.Errorf("resume from %s: %v after visiting %v, want %v and no visit", name, err, got, es.ErrNotResumable)
		}
	}
}

func oddIDs(t *testing.T, f *fixture) {
	ids := []string{
		"a", "#", "a#b", "##", " ", "a b", "acc/1", "../..", "日本語", "🙂", "e\u0301", "é", "\x00", "\n", "A", "null",
		strings.Repeat("x", storekit.MaxStreamBytes-len("Order#")),
	}
	for i, id := range ids {
		f.must(t, f.Empty(es.StreamID{Type: "Order", ID: id}), events(i+1)...)
	}
	for i, id := range ids {
		s := es.StreamID{Type: "Order", ID: id}
		if c := f.whole(t, s, int64(i+1))[0]; c.Stream != s {
			t.Errorf("%q was stored as %q", s, c.Stream)
		}
	}
}

func nameTooLong(t *testing.T, f *fixture) {
	long := es.StreamID{Type: "Order", ID: strings.Repeat("é", storekit.MaxStreamBytes/2)}
	_, err := f.Append(t.Context(), es.Append{Writes: []es.Write{{Head: f.Empty(long), Events: events(1)}}})
	wantLimit(t, err, storekit.MaxStreamBytes+len("Order#"), storekit.MaxStreamBytes)
	if len(err.Error()) > 500 {
		t.Errorf("the error message has %d bytes, want at most 500", len(err.Error()))
	}
	_, err = f.Head(t.Context(), long)
	wantLimit(t, err, 0, storekit.MaxStreamBytes)
}

func badNames(t *testing.T, f *fixture) {
	for _, s := range []es.StreamID{
		{}, {Type: "Order"}, {ID: "1"}, {Type: "Or#der", ID: "1"}, {Type: "Order", ID: "\xff"},
	} {
		var wrong *es.StreamNameError
		_, err := f.Append(t.Context(), es.Append{Writes: []es.Write{{Head: f.Empty(s), Events: events(1)}}})
		if !errors.As(err, &wrong) {
			t.Errorf("append to the invalid stream %q: %v, want an error about its id", s, err)
		}
		if _, err := f.Head(t.Context(), s); !errors.As(err, &wrong) {
			t.Errorf("head of the invalid stream %q: %v, want an error about its id", s, err)
		}
		if _, err := f.Load(t.Context(), f.Empty(s), func(*es.Commit) error { return nil }); !errors.As(err, &wrong) {
			t.Errorf("load the invalid stream %q: %v, want an error about its id", s, err)
		}
		for _, err := range f.Read(t.Context(), s, es.Range{}) {
			if !errors.As(err, &wrong) {
				t.Errorf("read the invalid stream %q: %v, want an error about its id", s, err)
			}
		}
	}
}

// callersData: a caller that changes its slices after the append does not change stored data.
func callersData(t *testing.T, f *fixture) {
	mine := events(1)
	f.must(t, f.Empty(stream), mine...)
	mine[0].Data[0] = 'X'
	got := f.whole(t, stream, 1)
	got[0].Events[0].Data[0] = 'Y'
	f.whole(t, stream, 1) // checks the hashes
}
