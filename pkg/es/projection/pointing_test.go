package projection_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// pointer is a view with a pointer of its own.
type pointer struct {
	projection.View
	mu    sync.Mutex
	named projection.Generation
	err   error
}

func (p *pointer) Point(_ context.Context, g projection.Generation) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.named = g
	}
	return p.err
}

func (p *pointer) Drop(ctx context.Context, g projection.Generation) error {
	if g == p.named {
		return errors.New("the pointer names it")
	}
	return p.View.Drop(ctx, g)
}

func (p *pointer) want(t *testing.T, when string, g projection.Generation) {
	t.Helper()
	if p.named != g {
		t.Errorf("%s, the pointer names generation %d, want %d", when, p.named, g)
	}
}

// TestPointerFollows: the pointer of a view names the serving generation, from the first batch on, through swaps and
// rollbacks. A failure holds up no batch, but a swap. What the pointer names is not dropped.
func TestPointerFollows(t *testing.T) {
	t.Parallel()
	b := newBench()
	p := &pointer{View: b.view, err: es.ErrUnavailable}
	first := b.engineOn(b.store, p, b.catalog, projection.Config{}, logOf(1, false))
	apply(t, first, b.write(t, "a", Noted{"x"}))
	p.want(t, "while the store is away", 0)
	p.err = nil
	apply(t, first, b.write(t, "a", Noted{"y"}))
	p.want(t, "right after a failure", 0) // each batch would wait for a store that is slow
	b.now = b.now.Add(time.Minute)
	apply(t, first, b.write(t, "a", Noted{"z"}))
	p.want(t, "with a later batch", 1)
	p.named = 7 // another process was slow, or ended in the middle of a swap
	b.now = b.now.Add(time.Minute)
	apply(t, first, b.write(t, "a", Noted{"x"}))
	p.want(t, "after another process moved it", 1)

	second := b.engineOn(b.store, p, b.catalog, projection.Config{}, logOf(2, false), logOf(1, false))
	r := b.rebuilder(second)
	p.err = es.ErrUnavailable
	if _, _, err := r.Run(t.Context(), "log", nil); !errors.Is(err, es.ErrUnavailable) {
		t.Errorf("swap while the pointer can't be moved: %v, want ErrUnavailable", err)
	}
	p.err = nil
	p.want(t, "before the swap", 1)
	if _, _, err := r.Run(t.Context(), "log", nil); err != nil {
		t.Fatal(err)
	}
	p.want(t, "after the swap", 2)
	if g, err := r.Rollback(t.Context(), "log"); err != nil || g != 1 {
		t.Fatal(g, err)
	}
	p.want(t, "after the rollback", 1)
	p.named = 2 // a process that ended in the middle of a swap
	for range 3 {
		b.now = b.now.Add(2 * time.Hour)
		if _, err := r.Drop(t.Context(), "log", 2); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.statuses(t); got != "1 serving" {
		t.Error(got)
	}
	p.want(t, "after the drop", 1)
}
