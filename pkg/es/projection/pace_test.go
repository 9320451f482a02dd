package projection

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// writesIn counts the writes that a pace permits in a period, one at a time.
func writesIn(t *testing.T, p *pace, d time.Duration) (n int) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); n++ {
		if err := p.spend(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// TestPace: never more than the limit; half of it after throttling, however many requests are throttled together; the
// whole limit again after a while.
func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPace(RebuildConfig{WritesPerSecond: 100})
		if n := writesIn(t, p, 10*time.Second); n < 990 || n > 1001 {
			t.Errorf("%d writes in 10 s, want 1000", n)
		}
		for range 5 {
			if err := p.slow(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := writesIn(t, p, time.Second); n < 40 || n > 60 {
			t.Errorf("%d writes in the second after throttling, want 50", n)
		}
		writesIn(t, p, 20*time.Second)
		if n := writesIn(t, p, time.Second); n < 98 || n > 102 {
			t.Errorf("%d writes a second in the end, want 100", n)
		}
	})
}

// TestPaceWithoutLimit: a pace without a limit gets one when it is throttled: half of the rate so far. The limit rises
// until it is not reached any more, however long the time to the next throttling is.
func TestPaceWithoutLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPace(RebuildConfig{})
		// offered counts the writes that are made in a period if one a millisecond is wanted.
		offered := func(d time.Duration) (n int) {
			for end := time.Now().Add(d); time.Now().Before(end); n++ {
				if err := p.spend(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Millisecond)
			}
			return n
		}
		for _, quiet := range []time.Duration{5 * time.Second, 10 * time.Minute, 2 * time.Hour} {
			offered(quiet)
			if n := offered(time.Second); n < 990 {
				t.Errorf("after %v: %d writes a second, want 1000", quiet, n)
			}
			if err := p.slow(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := offered(time.Second); n < 300 || n > 600 {
				t.Errorf("throttled after %v: %d writes a second, want about 500", quiet, n)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := errors.Join(p.spend(ctx, 1), p.slow(ctx)); !errors.Is(err, context.Canceled) {
			t.Errorf("wait with a canceled context: %v, want context.Canceled", err)
		}
	})
}
