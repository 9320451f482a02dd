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

// onceMachine starts each name once, as Step Functions does.
type onceMachine struct {
	*machine
	names map[string]bool
}

func (m *onceMachine) Start(ctx context.Context, name string, s projection.Stage) error {
	if m.names[name] {
		return nil
	}
	err := m.machine.Start(ctx, name, s)
	m.names[name] = err == nil
	return err
}

// once is a process with the folds of log, the newest first, whose workers have names that are used once.
func (c *caching) once(folds ...projection.Projection) *projection.Engine {
	cfg := c.queued()
	cfg.Now, cfg.Parallel, cfg.Log = func() time.Time { return c.now }, 1, slog.New(slog.DiscardHandler)
	cfg.Starter = &onceMachine{c.machine, map[string]bool{}}
	return projection.NewEngine(c.store, c.catalog, cfg,
		projection.Subscription{Projection: folds[0], Former: folds[1:], View: c.cache, Apart: true},
		projection.Subscription{Projection: nearby(), View: c.near})
}

// filled writes a stream, and fills the first generations.
func (c *caching) filled(t *testing.T, e *projection.Engine) *projection.Rebuilder {
	t.Helper()
	apply(t, e, c.write(t, "a", Noted{"x"}))
	r := c.rebuilder(e)
	c.machine.settle(t, r)
	c.queue.take()
	return r
}

// lose makes the cache lose generations, lets a batch find that, and does the job of the outage.
func (c *caching) lose(t *testing.T, e *projection.Engine, r *projection.Rebuilder, generations ...projection.Generation) {
	t.Helper()
	for _, g := range generations {
		delete(c.cache.has, g)
	}
	apply(t, e, c.write(t, "b", Noted{"x"}))
	if err := r.Do(t.Context(), c.job(t)); err != nil {
		t.Fatal(err)
	}
	c.queue.take()
	c.wantOutage(t, "none")
}

// wantReplaced fails the test unless the workers that were started let a generation serve.
func (c *caching) wantReplaced(t *testing.T, r *projection.Rebuilder, want string) {
	t.Helper()
	c.machine.settle(t, r)
	if got := c.statuses(t); got != want {
		t.Errorf("generations: %s, want %s", got, want)
	}
}

// TestLostWorkerFails: a worker that could not begin, or that failed, is followed by another one: at the start of a
// process and by the next reconciliation.
func TestLostWorkerFails(t *testing.T) {
	t.Parallel()
	for _, begins := range []bool{false, true} {
		c := newCaching()
		e := c.once(logOf(1, false))
		r := c.filled(t, e)
		c.lose(t, e, r, 1)
		for _, s := range c.machine.started {
			c.cache.err = es.ErrUnavailable
			if begins {
				c.cache.err = nil
				var err error
				if s, err = r.Advance(t.Context(), projection.StageBegin, s); err != nil {
					t.Fatal(err)
				}
				s.Error = &projection.StageError{Error: "Failure", Cause: "the store is away"}
				if _, err := r.Advance(t.Context(), projection.StageFail, s); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if _, err := finish(t.Context(), r, s); err == nil {
				t.Error("a worker whose store is away begins")
			}
		}
		c.cache.err, c.machine.started = nil, nil
		if begins {
			if err := e.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
		} else if _, err := r.Reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.wantReplaced(t, r, "1 retired, 2 serving")
	}
}

// TestOnlyServingIsLost: a retired generation of the same fold does not count as the one that replaces it.
func TestOnlyServingIsLost(t *testing.T) {
	t.Parallel()
	c := newCaching()
	e := c.once(logOf(1, false))
	r := c.filled(t, e)
	if _, _, err := r.Run(t.Context(), "log", nil); err != nil {
		t.Fatal(err)
	}
	c.machine.started = nil
	c.lose(t, e, r, 2)
	c.wantReplaced(t, r, "1 retired, 2 retired, 3 serving")
	c.wantRows(t, 3, logOf(1, false), "a", "b")
}

// TestLostAfterRollback: the fold that was rolled back stays rolled back.
func TestLostAfterRollback(t *testing.T) {
	t.Parallel()
	c := newCaching()
	c.filled(t, c.once(logOf(1, false)))
	e := c.once(logOf(2, false), logOf(1, false))
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := c.rebuilder(e)
	c.machine.settle(t, r)
	if _, err := r.Rollback(t.Context(), "log"); err != nil {
		t.Fatal(err)
	}
	c.machine.started = nil
	c.lose(t, e, r, 1, 2)
	c.wantReplaced(t, r, "1 retired, 2 retired, 3 serving")
	if record := c.record(t); record.Serving().Fold != 1 || record.RolledBackFold != 2 {
		t.Errorf("fold %d serves, %d is rolled back, want 1 and 2", record.Serving().Fold, record.RolledBackFold)
	}
	c.wantRows(t, 3, logOf(1, false), "a", "b")
}

// TestLostSuccessor: a projection that has replaced another stays ready when it is lost: what it replaced is out of
// date.
func TestLostSuccessor(t *testing.T) {
	t.Parallel()
	c := newCaching()
	old, by := c.named("old"), c.named("by", "old")
	by.View, by.Apart = c.cache, true
	cfg := c.queued()
	cfg.Now, cfg.Parallel, cfg.Log = func() time.Time { return c.now }, 1, slog.New(slog.DiscardHandler)
	apply(t, projection.NewEngine(c.store, c.catalog, cfg, old), c.write(t, "a", Noted{"1"}))
	c.now = c.now.Add(time.Hour)
	e := projection.NewEngine(c.store, c.catalog, cfg, old, by)
	apply(t, e, c.write(t, "a", Noted{"2"}))
	r := c.rebuilder(e)
	c.machine.settle(t, r)
	c.now = c.now.Add(time.Hour)
	apply(t, e, c.write(t, "a", Noted{"3"}))
	c.queue.take()
	delete(c.cache.has, 1)
	apply(t, e, c.write(t, "b", Noted{"x"}))
	if err := r.Do(t.Context(), c.job(t)); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(time.Minute)
	rd := projection.NewReader(c.store, c.catalog, projection.ReaderConfig{Now: func() time.Time { return c.now }}, old, by)
	if ready, err := rd.Ready(t.Context(), "by"); err != nil || !ready {
		t.Errorf("the successor is ready: %t, %v, want true", ready, err)
	}
	if _, err := rd.Open(t.Context(), "by"); !errors.As(err, new(*projection.NotFilledError)) {
		t.Errorf("open the successor: %v, want NotFilledError", err)
	}
}
