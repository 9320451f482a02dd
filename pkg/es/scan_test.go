package es_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
)

// pages is a Scanner whose segments have a given number of pages, each with a cost and a delay.
type pages struct {
	count   int
	units   float64
	latency time.Duration

	mu       sync.Mutex
	requests []time.Time
}

func (p *pages) Scan(ctx context.Context, segment es.Segment) iter.Seq2[es.ScanPage, error] {
	return func(yield func(es.ScanPage, error) bool) {
		for i := 1; i <= p.count; i++ {
			p.mu.Lock()
			p.requests = append(p.requests, time.Now())
			p.mu.Unlock()
			select {
			case <-time.After(p.latency):
			case <-ctx.Done():
				yield(es.ScanPage{}, fmt.Errorf("scan: %w", ctx.Err()))
				return
			}
			next := storekit.Position(segment, fmt.Sprint(i))
			if i == p.count {
				next = es.End
			}
			if !yield(es.ScanPage{Units: p.units, Next: next}, nil) {
				return
			}
		}
	}
}

func taking(context.Context, int, es.ScanPage) error { return nil }

// TestAllKeepsItsPace: the rate is never exceeded and nearly reached, on a fake clock.
func TestAllKeepsItsPace(t *testing.T) {
	t.Parallel()
	for _, latency := range []time.Duration{0, 30 * time.Millisecond, time.Second} {
		t.Run(fmt.Sprint(latency), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const segments, count, units, rate = 16, 10, 20, 100.0
				s := &pages{count: count, units: units, latency: latency}
				start := time.Now()
				if _, err := es.All(t.Context(), s, es.AllConfig{Segments: segments, UnitsPerSecond: rate}, taking); err != nil {
					t.Fatal(err)
				}
				took := time.Since(start).Seconds()
				least := (segments*count - 1) * units / rate
				// No page's cost is known at the start: a page of 1 MB is assumed, and corrected after the first page.
				most := least + 3*latency.Seconds() + 0.2
				if took < least || took > most {
					t.Errorf("took %.2f s, want %.2f to %.2f", took, least, most)
				}
				for i, from := range s.requests {
					n := 0
					for _, r := range s.requests[i:] {
						if r.Sub(from) < 10*time.Second {
							n++
						}
					}
					if most := 10*rate/units + segments; n > int(most) {
						t.Errorf("%d requests in 10 s from the %d. on, want %v at most", n, i, most)
					}
				}
			})
		})
	}
}

func TestAllWithoutALimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &pages{count: 10, units: 1000, latency: time.Second}
		start := time.Now()
		if _, err := es.All(t.Context(), s, es.AllConfig{Segments: 16}, taking); err != nil ||
			time.Since(start) != 10*time.Second {
			t.Errorf("%v after %v, want 10 s: all segments at once", err, time.Since(start))
		}
	})
}

// TestAllWaitingIsCanceled: a scan that waits because of a low rate ends with its context.
func TestAllWaitingIsCanceled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		start := time.Now()
		_, err := es.All(ctx, &pages{count: 10, units: 100}, es.AllConfig{Segments: 4, UnitsPerSecond: 1}, taking)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 2*time.Second {
			t.Errorf("scan at a rate until the deadline: %v after %v, want DeadlineExceeded", err, time.Since(start))
		}
	})
}

// TestAllEndsAtTheFirstError: an error in one segment ends all of them and is returned unchanged.
func TestAllEndsAtTheFirstError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bad := errors.New("bad page")
		start := time.Now()
		positions, err := es.All(t.Context(), &pages{count: 100, latency: time.Second}, es.AllConfig{Segments: 4},
			func(_ context.Context, segment int, page es.ScanPage) error {
				if segment == 2 && page.Next == storekit.Position(es.Segment{Index: 2, Of: 4}, "3") {
					return bad
				}
				return nil
			})
		if err != bad || time.Since(start) != 3*time.Second { //nolint:errorlint // it must be the same value
			t.Errorf("%v after %v, want %v after 3 s", err, time.Since(start), bad)
		}
		if want := storekit.Position(es.Segment{Index: 2, Of: 4}, "2"); positions[2] != want {
			t.Errorf("the segment that failed stands at %q, want %q", positions[2], want)
		}
	})
}

func TestAllRefusesFaults(t *testing.T) {
	t.Parallel()
	good := storekit.Position(es.Segment{Index: 0, Of: 1}, "x")
	for name, cfg := range map[string]es.AllConfig{
		"negative segments":    {Segments: -1},
		"negative rate":        {UnitsPerSecond: -1},
		"too few positions":    {Segments: 2, From: []es.Position{es.Start}},
		"too many positions":   {Segments: 1, From: []es.Position{es.Start, es.Start}},
		"another's position":   {From: []es.Position{good, good}},
		"a damaged position":   {From: []es.Position{good + "x"}},
		"negative page length": {Limit: -1},
	} {
		if positions, err := es.All(t.Context(), memstore.New(), cfg, taking); err == nil || positions != nil {
			t.Errorf("scan all, %s: %v, %v, want an error and no positions", name, positions, err)
		}
	}
}

// TestPosition: each key is recovered from its position, but only in its segment, and no other text is accepted.
func TestPosition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		of := rapid.IntRange(1, 1000).Draw(r, "of")
		s := es.Segment{Of: of, Index: rapid.IntRange(0, of-1).Draw(r, "index")}
		key := "k" + rapid.String().Draw(r, "key")
		s.After = storekit.Position(s, key)
		if got, err := storekit.PositionKey(s); err != nil || got != key {
			r.Fatalf("%q, %v", got, err)
		}
		var want *es.SegmentError
		other := s
		other.Of++
		if got, err := storekit.PositionKey(other); !errors.As(err, &want) {
			r.Fatalf("in another division: %q, %v", got, err)
		}
		text := []byte(s.After)
		i := rapid.IntRange(0, len(text)-1).Draw(r, "damaged")
		text[i] = "AB"[b2i(text[i] == 'A')]
		other = s
		if other.After = es.Position(text); other.After != s.After {
			// the last letter may hold unused bits
			if got, err := storekit.PositionKey(other); !errors.As(err, &want) && got != key {
				r.Fatalf("damaged: %q, %v", got, err)
			}
		}
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func ExampleAll() {
	ctx := context.Background()
	store := memstore.New()
	for i := range 10 {
		stream := es.StreamID{Type: "Account", ID: fmt.Sprint(i)}
		_, err := store.Append(ctx, es.Append{Writes: []es.Write{{
			Head: store.Empty(stream), Events: []es.RawEvent{{Type: "AccountOpened", Schema: 1, Data: []byte(`{}`)}},
		}}})
		if err != nil {
			panic(err)
		}
	}
	var mu sync.Mutex
	commits := 0
	positions, err := es.All(ctx, store, es.AllConfig{Segments: 4, UnitsPerSecond: 500},
		func(_ context.Context, _ int, page es.ScanPage) error {
			mu.Lock()
			defer mu.Unlock()
			commits += len(page.Commits)
			return nil
		})
	fmt.Println(commits, cmp.Equal(positions, []es.Position{es.End, es.End, es.End, es.End}), err)
	// Output: 10 true <nil>
}
