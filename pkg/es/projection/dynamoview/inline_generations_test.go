package dynamoview_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

func (b *inlineBench) rebuilder() *projection.Rebuilder {
	return projection.NewRebuilder(b.engine, b.plain, projection.RebuildConfig{Segments: 1, KeepRetired: time.Nanosecond})
}

// same fails the test unless both generations have these rows.
func (b *inlineBench) same(t *testing.T, ids ...string) {
	t.Helper()
	if diff := cmp.Diff(b.rowsOf(t, 1, ids...), b.rowsOf(t, 2, ids...)); diff != "" {
		t.Errorf("rows (-generation 1 +generation 2):\n%s", diff)
	}
}

// TestInlineGenerations: rows are written with the commit in all generations that are fed, or in none. A reader that
// switches generations never goes back in time.
func TestInlineGenerations(t *testing.T) {
	t.Parallel()
	b, ctx := newInline(t), t.Context()
	r := b.rebuilder()
	write(t, b.store, "a", noted{"x"})
	if _, err := r.Begin(ctx, "log"); err != nil {
		t.Fatal(err)
	}
	c2, d1 := write(t, b.store, "a", noted{"y"}), write(t, b.store, "new", noted{"z"})
	b.level(t, "a", 1) // generation 2 has no checkpoint yet: left to the projector, which writes generation 2 first
	b.level(t, "new", 1)
	if got := b.rowsOf(t, 2, "a", "new").Versions; got["new"] != 1 || got["a"] != 0 {
		t.Errorf("versions in generation 2: %v", got)
	}
	b.apply(t, c2)
	b.delivered(t, d1)
	b.same(t, "a", "new")
	b.delivered(t, write(t, b.store, "a", noted{"x"}))
	b.level(t, "a", 3)
	b.same(t, "a", "new")

	if _, _, err := r.Run(ctx, "log", nil); err != nil {
		t.Fatal(err)
	}
	write(t, b.store, "a", noted{"x"}) // 2 serves, 1 is retired
	b.level(t, "a", 4)
	b.same(t, "a", "new")
	if _, err := r.Drop(ctx, "log", 1); err != nil {
		t.Fatal(err)
	}
	c5 := write(t, b.store, "a", noted{"y"})
	if old, now := b.rowsOf(t, 1, "a").Versions["a"], b.rowsOf(t, 2, "a").Versions["a"]; old != 4 || now != 5 {
		t.Errorf("generation 1, which is being dropped, is at %d, want 4; 2 at %d, want 5", old, now)
	}
	b.delivered(t, c5)
}

// TestInlineSwapInBetween: generations that begin, end or swap between the read and the write are right once the
// projector has run.
func TestInlineSwapInBetween(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(context.Context, *projection.Rebuilder) error{
		"begun": func(ctx context.Context, r *projection.Rebuilder) error {
			_, err := r.Begin(ctx, "log")
			return err
		},
		"swapped": func(ctx context.Context, r *projection.Rebuilder) error {
			_, _, err := r.Run(ctx, "log", nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newInline(t)
			write(t, b.store, "a", noted{"x"})
			b.hooks.before = func() error { return between(context.Background(), b.rebuilder()) }
			c := write(t, b.store, "a", renoted{}, noted{"y"})
			b.level(t, "a", 3)
			b.apply(t, c)
			b.same(t, "a")
		})
	}
}

// TestInlineOfOlderCode: code that lacks the fold of a generation leaves all generations to newer code.
func TestInlineOfOlderCode(t *testing.T) {
	t.Parallel()
	b := newInline(t)
	record := projection.Record{Projection: "log", Last: 2, Builds: []projection.Build{
		{Generation: 1, Fold: 1, Status: projection.Serving, Segments: 1},
		{Generation: 2, Fold: 2, Status: projection.Building, Segments: 1},
	}}
	if err := b.catalog.Replace(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	write(t, b.store, "a", noted{"x"})
	b.level(t, "a", 0)
}

// TestInlineRace: with concurrent writers, a projector that receives batches in any order, and a rebuild, the rows are
// the same as after a plain fold.
func TestInlineRace(t *testing.T) {
	t.Parallel()
	const writers, appends = 8, 12
	b, ctx := newInline(t), t.Context()
	ids := []string{"a", "b", "c", "d"}
	var (
		mu      sync.Mutex
		history []es.Commit
		wg      sync.WaitGroup
	)
	for w := range uint64(writers) {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(w, 1))
			for range appends {
				c := b.race(ctx, t, rng, ids)
				mu.Lock()
				history = append(history, c...)
				mu.Unlock()
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	rng := rand.New(rand.NewPCG(99, 1))
	for running, rebuilt := true, false; running; {
		select {
		case <-done:
			running = false
		case <-time.After(5 * time.Millisecond):
		}
		mu.Lock()
		var batch []es.Commit
		for range min(len(history), 4) {
			batch = append(batch, history[rng.IntN(len(history))])
		}
		half := len(history) > writers*appends/2
		mu.Unlock()
		b.apply(t, batch...)
		if half && !rebuilt {
			rebuilt = true
			if _, err := b.rebuilder().Begin(ctx, "log"); err != nil {
				t.Fatal(err)
			}
			if filled, err := b.rebuilder().Fill(ctx, "log", 2, 0, nil); !filled || err != nil {
				t.Fatal(filled, err)
			}
		}
	}
	b.apply(t, history...)
	plain := newBench(t)
	plain.engine = plain.engineOn(b.plain)
	plain.apply(t, history...)
	for _, g := range []projection.Generation{1, 2} {
		if diff := cmp.Diff(plain.rows(t, ids...), b.rowsOf(t, g, ids...)); diff != "" {
			t.Errorf("rows of generation %d (-plain +inline):\n%s", g, diff)
		}
	}
}

// race appends to one stream or two, and tries again after each conflict.
func (b *inlineBench) race(ctx context.Context, t *testing.T, rng *rand.Rand, ids []string) []es.Commit {
	t.Helper()
	for {
		var a es.Append
		for _, i := range rng.Perm(len(ids))[:1+rng.IntN(2)] {
			head, err := b.store.Head(ctx, note(ids[i]))
			if err != nil {
				t.Error(err)
				return nil
			}
			event := []noteEvent{
				noted{fmt.Sprintf("%c", 'a'+rng.IntN(3))}, noted{"x"}, renoted{}, fanned{rng.IntN(30)},
			}[rng.IntN(4)]
			a.Writes = append(a.Writes, es.Write{Head: head, Events: encoded(t, event)})
		}
		stored, err := b.store.Append(ctx, a)
		if errors.As(err, new(*es.ConflictError)) {
			continue
		}
		if err != nil {
			t.Error(err)
			return nil
		}
		commits := make([]es.Commit, len(stored))
		for i := range stored {
			commits[i] = stored[i].Commit
		}
		return commits
	}
}
