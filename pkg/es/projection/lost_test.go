package projection_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// cache is a view whose store can lose generations.
type cache struct {
	projection.View
	has map[projection.Generation]bool
	err error // of Prepare
}

func (c *cache) Prepare(_ context.Context, g projection.Generation) error {
	if c.err == nil {
		c.has[g] = true
	}
	return c.err
}

func (c *cache) lost(g projection.Generation) error {
	if !c.has[g] {
		return projection.ErrLost
	}
	return nil
}

func (c *cache) Checkpoints(
	ctx context.Context, g projection.Generation, streams ...es.StreamID,
) (map[es.StreamID]projection.Checkpoint, error) {
	if err := c.lost(g); err != nil {
		return nil, err
	}
	return c.View.Checkpoints(ctx, g, streams...)
}

func (c *cache) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	if err := c.lost(g); err != nil {
		return err
	}
	return c.View.Save(ctx, g, moves, rows)
}

// caching is a bench on which the store of the projection log is a cache.
type caching struct {
	*apart
	cache *cache
}

func newCaching() *caching {
	a := newApart()
	return &caching{a, &cache{View: a.view, has: map[projection.Generation]bool{}}}
}

func (c *caching) process() *projection.Engine {
	cfg := c.queued()
	cfg.Now, cfg.Parallel, cfg.Log = func() time.Time { return c.now }, 1, slog.New(slog.DiscardHandler)
	return projection.NewEngine(c.store, c.catalog, cfg,
		projection.Subscription{Projection: logOf(1, false), View: c.cache, Apart: true},
		projection.Subscription{Projection: nearby(), View: c.near})
}

// job is the only job that is enqueued.
func (c *caching) job(t *testing.T) projection.Job {
	t.Helper()
	jobs := c.queue.take()
	if len(jobs) != 1 || jobs[0].Task != projection.Recover {
		t.Fatalf("jobs %+v, want one that recovers", jobs)
	}
	return jobs[0]
}

// TestLost: the job of a batch that found the generation lost has a worker build another one. If the process that does
// the job ends before it is done, the job does no harm when it comes again.
func TestLost(t *testing.T) {
	t.Parallel()
	c := newCaching()
	e := c.process()
	apply(t, e, c.write(t, "a", Noted{"x"}))
	r := c.rebuilder(e)
	c.machine.settle(t, r)
	c.wantOutage(t, "none")
	c.queue.take()
	clear(c.cache.has)
	late := c.write(t, "b", Noted{"x"})
	apply(t, e, late)
	c.wantNear(t, late)
	c.wantOutage(t, "away")
	job := c.job(t)
	c.machine.err = errors.New("no machine")
	if err := r.Do(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	c.wantOutage(t, "recovering")
	jobs := c.queue.take()
	if again := jobs[len(jobs)-1]; again != job {
		t.Errorf("the last job is %+v, want the one that could start no worker", again)
	}
	c.machine.err = nil
	for range 2 {
		if err := r.Do(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	c.wantOutage(t, "none")
	c.machine.settle(t, r)
	if got := c.statuses(t); got != "1 retired, 2 serving" {
		t.Errorf("generations: %s, want the second to serve", got)
	}
	c.wantRows(t, 2, logOf(1, false), "a", "b")
	apply(t, e, c.write(t, "c", Noted{"x"}))
	c.wantRows(t, 2, logOf(1, false), "a", "b", "c")
}

// TestLostAtFirst: a projection whose store is away when it is registered does not hold up others. When the store
// answers, the projection is built.
func TestLostAtFirst(t *testing.T) {
	t.Parallel()
	c := newCaching()
	c.cache.err = es.ErrUnavailable
	e := c.process()
	first := c.write(t, "a", Noted{"x"})
	apply(t, e, first)
	c.wantNear(t, first)
	c.wantOutage(t, "away")
	c.cache.err, c.machine.started = nil, nil
	r := c.rebuilder(e)
	if err := r.Do(t.Context(), c.job(t)); err != nil {
		t.Fatal(err)
	}
	c.machine.settle(t, r)
	c.wantRows(t, 2, logOf(1, false), "a")
}

// TestCacheMustBeApart: a loss is an outage, which only views apart can have.
func TestCacheMustBeApart(t *testing.T) {
	t.Parallel()
	sub := projection.Subscription{Projection: logOf(1, false), View: newCaching().cache}
	if sub.Check() == nil {
		t.Error("a view that can lose generations, not apart: want an error")
	}
}
