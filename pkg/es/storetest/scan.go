package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
)

// scanner returns the store as an es.Scanner. It fails the test if the store is none.
func (f *fixture) scanner(t *testing.T) es.Scanner {
	t.Helper()
	s, ok := f.Store.(es.Scanner)
	if !ok {
		t.Fatal("the store is no es.Scanner")
	}
	return s
}

// fill appends commits of 1 to 3 events to some streams; the last append goes to all of them. It returns what is
// stored.
func (f *fixture) fill(t *testing.T, streams, commits int) map[es.StreamID][]es.Commit {
	t.Helper()
	want := map[es.StreamID][]es.Commit{}
	var together es.Append
	for i := range streams {
		s := es.StreamID{Type: "Account", ID: fmt.Sprintf("größe #%d", i)}
		head := f.Empty(s)
		for j := range commits - 1 {
			stored, err := f.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: events(1 + (i+j)%3)}}})
			if err != nil {
				t.Fatal(err)
			}
			head = stored[0].Head
			want[s] = append(want[s], stored[0].Commit)
		}
		together.Writes = append(together.Writes, es.Write{Head: head, Events: events(1)})
	}
	stored, err := f.Append(t.Context(), together)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range stored {
		want[c.Stream] = append(want[c.Stream], c.Commit)
	}
	return want
}

// read scans one segment from a position, and returns its pages.
func (f *fixture) read(t *testing.T, segment es.Segment) []es.ScanPage {
	t.Helper()
	var pages []es.ScanPage
	for page, err := range f.scanner(t).Scan(t.Context(), segment) {
		if err != nil {
			t.Fatalf("scan %+v: %v", segment, err)
		}
		if len(page.Corrupt) > 0 {
			t.Fatalf("scan %+v: corrupt commits %v, want none", segment, page.Corrupt)
		}
		pages = append(pages, page)
	}
	if n := len(pages); segment.After != es.End && (n == 0 || pages[n-1].Next != es.End) {
		t.Fatalf("scan %+v: %d pages, the last one's Next is not End", segment, n)
	}
	return pages
}

func flatten(pages []es.ScanPage) []es.Commit {
	var out []es.Commit
	for _, p := range pages {
		out = append(out, p.Commits...)
	}
	return out
}

// gather adds the commits of one segment to the others. Each stream must be new, and its commits adjacent.
func gather(t *testing.T, into map[es.StreamID][]es.Commit, segment []es.Commit) {
	t.Helper()
	var current es.StreamID
	for _, c := range segment {
		if c.Stream != current {
			if _, again := into[c.Stream]; again {
				t.Errorf("the commits of %s are in two segments or not adjacent", c.Stream)
			}
			current = c.Stream
		}
		into[c.Stream] = append(into[c.Stream], c)
	}
}

func scanOnce(t *testing.T, f *fixture) {
	want := f.fill(t, 60, 4)
	for _, of := range []int{1, 3, 16} {
		for _, limit := range []int{0, 7} {
			got := map[es.StreamID][]es.Commit{}
			for i := range of {
				gather(t, got, flatten(f.read(t, es.Segment{Index: i, Of: of, Limit: limit, Consistent: true})))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d segments, pages of %d (-stored +scanned):\n%s", of, limit, diff)
			}
		}
	}
}

// scanLarge scans streams larger than DynamoDB's page of 1 MB, with small ones between them.
func scanLarge(t *testing.T, f *fixture) {
	want := f.fill(t, 20, 2)
	for i := range 2 {
		s := es.StreamID{Type: "Large", ID: fmt.Sprint(i)}
		head := f.Empty(s)
		for range 8 {
			stored, err := f.Append(t.Context(), es.Append{
				Writes: []es.Write{{Head: head, Events: []es.RawEvent{sized(300_000), flat(10)}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			head = stored[0].Head
			want[s] = append(want[s], stored[0].Commit)
		}
	}
	for _, consistent := range []bool{true, false} {
		pages := f.read(t, es.Segment{Of: 1, Consistent: consistent})
		got, units := map[es.StreamID][]es.Commit{}, 0.0
		gather(t, got, flatten(pages))
		for _, p := range pages {
			units += p.Units
		}
		if diff := cmp.Diff(hashes(want), hashes(got)); diff != "" {
			t.Errorf("consistent %v (-stored +scanned):\n%s", consistent, diff)
		}
		least, most := 1170.0, 1270.0 // 4.8 MB in units of 4 KB
		if !consistent {
			least, most = least/2, most/2
		}
		if len(pages) < 4 || units < least || units > most {
			t.Errorf("consistent %v: %d pages for %v units, want 5 or more for %v", consistent, len(pages), units, least)
		}
	}
}

// hashes returns the commits' hashes, because cmp takes minutes for megabytes.
func hashes(commits map[es.StreamID][]es.Commit) map[es.StreamID][]string {
	out := map[es.StreamID][]string{}
	for s, all := range commits {
		for _, c := range all {
			out[s] = append(out[s], fmt.Sprintf("%d %x", c.Version, c.ComputeHash()))
		}
	}
	return out
}

func scanResume(t *testing.T, f *fixture) {
	f.fill(t, 12, 4)
	for _, of := range []int{1, 3} {
		for i := range of {
			segment := es.Segment{Index: i, Of: of, Limit: 3, Consistent: true}
			pages := f.read(t, segment)
			for n, page := range pages {
				rest := segment
				rest.After, rest.Limit = page.Next, 0
				if diff := cmp.Diff(flatten(pages[n+1:]), flatten(f.read(t, rest))); diff != "" {
					t.Errorf("scan of segment %d of %d, resumed after page %d (-want +got):\n%s", i, of, n, diff)
				}
			}
		}
	}
}

func scanBadPosition(t *testing.T, f *fixture) {
	f.fill(t, 6, 2)
	good := f.read(t, es.Segment{Index: 0, Of: 1, Limit: 2})[0].Next
	for name, segment := range map[string]es.Segment{
		"garbage":            {Of: 1, After: "garbage"},
		"not base64":         {Of: 1, After: "???"},
		"cut short":          {Of: 1, After: good[:len(good)-4]},
		"another segment's":  {Index: 1, Of: 2, After: good},
		"another division's": {Index: 0, Of: 2, After: good},
		"no segments":        {},
		"index too high":     {Index: 3, Of: 3},
		"negative index":     {Index: -1, Of: 3},
		"negative limit":     {Of: 1, Limit: -1},
	} {
		pages := 0
		var got *es.SegmentError
		for _, err := range f.scanner(t).Scan(t.Context(), segment) {
			if pages++; !errors.As(err, &got) || got.Segment != segment {
				t.Errorf("scan of %s: %v, want a segment error", name, err)
			}
		}
		if pages != 1 {
			t.Errorf("scan of %s: %d results, want only the error", name, pages)
		}
	}
	if pages := f.read(t, es.Segment{Of: 1, After: es.End}); len(pages) > 0 {
		t.Errorf("a scan from End yields %d pages", len(pages))
	}
	got, err := es.All(t.Context(), f.scanner(t), es.AllConfig{From: []es.Position{es.Start, good}}, nil)
	if !errors.As(err, new(*es.SegmentError)) || got != nil {
		t.Errorf("scan all segments from a position of another number of segments: %v, %v, want SegmentError", got, err)
	}
}

func scanCanceled(t *testing.T, f *fixture) {
	f.fill(t, 3, 2)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	pages := 0
	for _, err := range f.scanner(t).Scan(ctx, es.Segment{Of: 1, Limit: 1}) {
		if last = err; err == nil {
			pages++
		}
		cancel()
	}
	if !errors.Is(last, context.Canceled) || pages != 1 {
		t.Errorf("canceled after a page: %d pages and %v, want 1 and %v", pages, last, context.Canceled)
	}
	positions, err := es.All(ctx, f.scanner(t), es.AllConfig{Segments: 3}, nil)
	if !errors.Is(err, context.Canceled) || !cmp.Equal(positions, make([]es.Position, 3)) {
		t.Errorf("scan all segments with a canceled context: %v, %v, want context.Canceled", positions, err)
	}
}

func scanStop(t *testing.T, f *fixture) {
	f.fill(t, 3, 2)
	pages := 0
	for _, err := range f.scanner(t).Scan(t.Context(), es.Segment{Of: 1, Limit: 1}) {
		if pages++; err != nil || pages == 2 {
			break
		}
	}
	if pages != 2 {
		t.Errorf("saw %d pages, want 2", pages)
	}
}

// scanAppends appends to all streams, and to new ones, after every page of a scan.
func scanAppends(t *testing.T, f *fixture) {
	before := f.fill(t, 12, 3)
	scanned, page := map[es.StreamID][]es.Commit{}, 0
	var all []es.Commit
	for p, err := range f.scanner(t).Scan(t.Context(), es.Segment{Of: 1, Limit: 5, Consistent: true}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p.Commits...)
		if page++; page > 10 {
			continue
		}
		for s := range before {
			f.must(t, f.head(t, s), event(page))
		}
		f.must(t, f.Empty(es.StreamID{Type: "Account", ID: fmt.Sprint("new ", page)}), events(2)...)
	}
	gather(t, scanned, all)
	for s, stored := range before {
		if got := scanned[s]; len(got) < len(stored) {
			t.Errorf("%s: the scan found %d commits, want at least %d", s, len(got), len(stored))
		}
	}
	for s, got := range scanned {
		if want := f.commits(t, s, es.Range{}); !cmp.Equal(want[:len(got)], got) {
			t.Errorf("%s: the scanned commits are not the stream's first ones", s)
		}
	}
}

// scanAllInterrupted interrupts a scan of all segments several times, each time in the middle of a page.
func scanAllInterrupted(t *testing.T, f *fixture) {
	want := f.fill(t, 40, 4)
	const segments = 4
	var (
		mu        sync.Mutex
		kept      = make([]es.Position, segments) // saved together with the pages
		got       = make([][]es.Commit, segments)
		cut       = errors.New("cut")
		budget    int
		positions []es.Position
	)
	visit := func(_ context.Context, segment int, page es.ScanPage) error {
		mu.Lock()
		defer mu.Unlock()
		if budget--; budget < 0 {
			return cut
		}
		got[segment] = append(got[segment], page.Commits...)
		kept[segment] = page.Next
		return nil
	}
	runs := 0
	for err := cut; err != nil; runs++ {
		budget = 5
		positions, err = es.All(t.Context(), f.scanner(t), es.AllConfig{
			Segments: segments, From: positions, Limit: 3, Consistent: true,
		}, visit)
		if err != nil && err != cut { //nolint:errorlint // it must be the same value
			t.Fatal(err)
		}
		if !cmp.Equal(kept, positions) {
			t.Fatalf("positions %v, want %v", positions, kept)
		}
	}
	once := map[es.StreamID][]es.Commit{}
	for _, commits := range got {
		gather(t, once, commits)
	}
	if diff := cmp.Diff(want, once); diff != "" {
		t.Errorf("after %d interruptions (-stored +scanned):\n%s", runs, diff)
	}
	if runs < 5 {
		t.Errorf("%d runs, want at least 5: the scan was not interrupted", runs)
	}
	done, err := es.All(t.Context(), f.scanner(t), es.AllConfig{From: positions}, nil)
	if err != nil || !cmp.Equal(done, positions) {
		t.Errorf("scan all segments from their ends: %v, %v", done, err)
	}
}

// scanAllAtRate: a scan never consumes units faster than its rate, even on a slow machine.
func scanAllAtRate(t *testing.T, f *fixture) {
	f.fill(t, 30, 4)
	const rate, segments = 80, 3
	var mu sync.Mutex
	var units, most float64
	start := time.Now()
	_, err := es.All(t.Context(), f.scanner(t), es.AllConfig{Segments: segments, UnitsPerSecond: rate, Limit: 3},
		func(_ context.Context, _ int, p es.ScanPage) error {
			mu.Lock()
			defer mu.Unlock()
			units, most = units+p.Units, max(most, p.Units)
			return nil
		})
	if err != nil || units == 0 {
		t.Fatalf("scan at a rate: %v units, want more than 0: %v", units, err)
	}
	// All does not wait after the last pages.
	if took, least := time.Since(start).Seconds(), (units-segments*most)/rate; took < least {
		t.Errorf("scan at a rate: %v units in %.3f s, want at least %.3f s", units, took, least)
	}
}

func inspect(t *testing.T, f *fixture) {
	inspector, ok := f.Store.(es.Inspector)
	if !ok {
		t.Fatal("the store is no es.Inspector")
	}
	for _, n := range []int{3, 1, 5, 1} { // 1-3, 4, 5-9, 10
		f.must(t, f.head(t, stream), events(n)...)
	}
	for _, test := range []struct {
		from, to int64
		want     []int64
	}{
		{0, 0, []int64{1, 4, 5, 10}},
		{1, 0, []int64{1, 4, 5, 10}},
		{2, 0, []int64{4, 5, 10}},
		{5, 5, []int64{5}},
		{6, 9, nil},
		{2, 5, []int64{4, 5}},
		{7, 100, []int64{10}},
		{11, 0, nil},
		{5, 4, nil},
	} {
		var got []int64
		for page, err := range inspector.Inspect(t.Context(), stream, es.VersionRange{From: test.from, To: test.to}) {
			if err != nil || page.Next != "" {
				t.Fatalf("inspect: %v, position %q, want none", err, page.Next)
			}
			for _, c := range page.Commits {
				got = append(got, c.Version)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("inspect versions %d to %d (-want +got):\n%s", test.from, test.to, diff)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	last := errors.New("nothing was yielded")
	for _, err := range inspector.Inspect(ctx, stream, es.VersionRange{From: 1}) {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("scan with a canceled context: %v, want context.Canceled", last)
	}
}
