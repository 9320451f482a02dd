package projection_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// state is how a store of its own behaves.
type state string

const (
	answering state = ""
	failing   state = "failing" // its calls fail
	losing    state = "losing"  // its calls have their effect, and fail
	hanging   state = "hanging" // its calls wait until their context ends
)

// remote is a view in a store of its own, which may be away.
type remote struct {
	projection.View
	err error // of calls that fail

	mu    sync.Mutex
	is    state
	after int // how many calls it still answers before that
	calls int // that reached it
}

func remoteTo(v projection.View) *remote {
	return &remote{View: v, err: fmt.Errorf("dial store:5432: %w", es.ErrUnavailable)}
}

// becomes sets how the store behaves after some more calls.
func (v *remote) becomes(is state, after int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.is, v.after = is, after
}

// reached is how many calls reached the store.
func (v *remote) reached() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.calls
}

func (v *remote) next() state {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls++
	if v.after > 0 {
		v.after--
		return answering
	}
	return v.is
}

func (v *remote) call(ctx context.Context, do func() error) error {
	switch v.next() {
	case failing:
		return v.err
	case losing:
		_ = do()
		return v.err
	case hanging:
		<-ctx.Done()
		return ctx.Err()
	default:
		return do()
	}
}

func (v *remote) Checkpoints(
	ctx context.Context, g projection.Generation, s ...es.StreamID,
) (out map[es.StreamID]projection.Checkpoint, err error) {
	err = v.call(ctx, func() error { out, err = v.View.Checkpoints(ctx, g, s...); return err })
	return out, err
}

func (v *remote) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	return v.call(ctx, func() error { return v.View.Save(ctx, g, moves, rows) })
}

func (v *remote) Append(ctx context.Context, g projection.Generation, rows ...projection.AppendRow) error {
	return v.call(ctx, func() error { return v.View.Append(ctx, g, rows...) })
}

func (v *remote) Park(
	ctx context.Context, g projection.Generation, s es.StreamID, prev projection.Checkpoint, p projection.Parked,
) error {
	return v.call(ctx, func() error { return v.View.Park(ctx, g, s, prev, p) })
}

func (v *remote) Seen(ctx context.Context, g projection.Generation, s es.StreamID, version int64) error {
	return v.call(ctx, func() error { return v.View.Seen(ctx, g, s, version) })
}

func (v *remote) Rows(
	ctx context.Context, g projection.Generation, keys ...projection.RowKey,
) (out map[projection.RowKey]projection.Row, err error) {
	err = v.call(ctx, func() error { out, err = v.View.Rows(ctx, g, keys...); return err })
	return out, err
}

func (v *remote) Parked(ctx context.Context, g projection.Generation) iter.Seq2[projection.ParkedStream, error] {
	return remoteSeq(ctx, v, v.View.Parked(ctx, g))
}

func (v *remote) Keys(ctx context.Context, g projection.Generation) iter.Seq2[projection.RowKey, error] {
	return remoteSeq(ctx, v, v.View.Keys(ctx, g))
}

func remoteSeq[T any](ctx context.Context, v *remote, seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err := v.call(ctx, func() error { return nil }); err != nil {
			var none T
			yield(none, err)
			return
		}
		seq(yield)
	}
}

// nearby is a projection beside the one apart.
func nearby() projection.Projection {
	return foldOf("near", func(s *notebook, _ projection.Event[noteEvent], _ *projection.Writes) error {
		s.Mass += "x"
		return nil
	})
}

// apart is a bench on which the projection log is in a store of its own, and the projection near is not.
type apart struct {
	*bench
	remote *remote
	near   *memview.View
	pause  time.Duration // before each save of near
	former []projection.Projection
}

func newApart() *apart {
	b := newBench()
	b.now = time.Now()
	return &apart{bench: b, remote: remoteTo(b.view), near: memview.New()}
}

// process is a new process that has the projections log and near.
func (a *apart) process(cfg projection.Config, newest projection.Projection) *projection.Engine {
	return a.processOn(a.catalog, cfg, newest)
}

func (a *apart) processOn(
	c projection.Catalog, cfg projection.Config, newest projection.Projection,
) *projection.Engine {
	cfg.Now = func() time.Time { return a.now }
	cfg.Parallel = 1
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return projection.NewEngine(a.store, c, cfg,
		projection.Subscription{Projection: newest, Former: a.former, View: a.remote, Apart: true},
		projection.Subscription{Projection: nearby(), View: pausing{a.near, a.pause}})
}

// pausing pauses before each save.
type pausing struct {
	projection.View
	pause time.Duration
}

func (v pausing) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	time.Sleep(v.pause)
	return v.View.Save(ctx, g, moves, rows)
}

// registered is a new process after its start.
func (a *apart) registered(t *testing.T, cfg projection.Config, newest projection.Projection) *projection.Engine {
	t.Helper()
	e := a.process(cfg, newest)
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e
}

// wantNear fails the test unless the projection near shows commits, or has left their stream to the queue because too
// many events were missing.
func (a *apart) wantNear(t *testing.T, commits ...es.Commit) {
	t.Helper()
	for i := range commits {
		c := &commits[i]
		at, err := a.near.Checkpoints(t.Context(), 1, c.Stream)
		if err != nil {
			t.Fatal(err)
		}
		if cp := at[c.Stream]; cp.Version < c.LastVersion() && !cp.Behind {
			t.Errorf("near is at version %d of %s, want %d", cp.Version, c.Stream, c.LastVersion())
		}
	}
}

// wantOutage fails the test unless an outage is recorded, or is not.
func (b *bench) wantOutage(t *testing.T, want string) {
	t.Helper()
	got := "none"
	switch o := b.record(t).Outage; {
	case o != nil && o.Recovering:
		got = "recovering"
	case o != nil:
		got = "away"
	}
	if got != want {
		t.Errorf("outage: %s, want %s", got, want)
	}
}

// run does all jobs until none is left. The clock moves on, so that the delays of jobs pass.
func (b *bench) run(t *testing.T, r *projection.Rebuilder) {
	t.Helper()
	for range 50 {
		jobs := b.queue.take()
		if len(jobs) == 0 {
			return
		}
		b.now = b.now.Add(time.Minute)
		for _, j := range jobs {
			if err := r.Do(t.Context(), j); err != nil {
				t.Fatalf("do the job %+v: %v", j, err)
			}
		}
	}
	t.Fatal("the queue does not become empty")
}

// TestOutage: the batch that finds the store away succeeds, and enqueues one job. Later batches leave the projection
// out, without a call of its store. When the store answers again, everything left out is read from the event store.
func TestOutage(t *testing.T) {
	t.Parallel()
	for _, is := range []state{failing, losing} {
		t.Run(string(is), func(t *testing.T) {
			t.Parallel()
			a := newApart()
			var said strings.Builder
			cfg := a.queued()
			cfg.Log = slog.New(slog.NewTextHandler(&said, nil))
			e := a.process(cfg, logOf(1, false))
			apply(t, e, a.write(t, "a", Noted{"x"}), a.write(t, "b", Noted{"x"}))
			a.queue.take()
			a.remote.becomes(is, 0)
			found := []es.Commit{a.write(t, "a", Noted{"y"}), a.write(t, "b", Noted{"y"}), a.write(t, "c", Noted{"y"})}
			apply(t, e, found...)
			a.wantNear(t, found...)
			a.wantOutage(t, "away")
			if o := a.record(t).Outage; o.Reason != a.remote.err.Error() || !o.Since.Equal(a.now) {
				t.Errorf("outage %+v, want the error of the view, since %v", o, a.now)
			}
			want := projection.Job{Task: projection.Recover, Projection: "log", FailedSince: a.now.UTC()}
			jobs := a.queue.take()
			if len(jobs) != 1 || !jobs[0].FailedSince.Equal(a.now) || a.queue.last != 15*time.Second {
				t.Fatalf("jobs %+v with a delay of %v, want %+v in 15 s", jobs, a.queue.last, want)
			}
			job := overJSON(t, jobs[0])
			reached := a.remote.reached()
			late := a.write(t, "d", Noted{"z"})
			apply(t, e, late)
			apply(t, a.process(a.queued(), logOf(1, false)), a.write(t, "a", Noted{"z"}), late)
			a.wantNear(t, late)
			if n := a.remote.reached() - reached; n > 0 {
				t.Errorf("%d calls of the store during the outage, want none", n)
			}
			a.queue.wantJobs(t)
			r := a.rebuilder(e)
			for range 2 { // still away: the job comes again
				if err := r.Do(t.Context(), job); err != nil {
					t.Fatal(err)
				}
				if jobs := a.queue.take(); len(jobs) != 1 || jobs[0] != job || a.queue.last != 15*time.Second {
					t.Fatalf("jobs %+v with a delay of %v, want %+v in 15 s", jobs, a.queue.last, job)
				}
			}
			log := said.String()
			if n := strings.Count(log, "level=WARN"); n != 1 || !strings.Contains(log, "projection=log") {
				t.Errorf("%d warnings, want one:\n%s", n, log)
			}
			a.remote.becomes(answering, 0)
			if err := r.Do(t.Context(), job); err != nil {
				t.Fatal(err)
			}
			a.wantOutage(t, "none")
			if jobs := a.queue.jobs; len(jobs) != 4 || jobs[0].Projection != "log" || !jobs[0].Recovers {
				t.Errorf("jobs %+v, want the reconciliation of log in 4 segments", jobs)
			}
			apply(t, e, a.write(t, "e", Noted{"fed again"}))
			a.run(t, r)
			a.wantRows(t, 1, logOf(1, false), "a", "b", "c", "d", "e")
		})
	}
}

// overJSON is a job as the queue stores it.
func overJSON(t *testing.T, j projection.Job) (out projection.Job) {
	t.Helper()
	text, err := json.Marshal(j)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNoOutage: an error that says nothing about the store fails the stream, as for any other view.
func TestNoOutage(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"contended": projection.ErrContended, "stale": projection.ErrStale, "unknown": errOutage,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApart()
			e := a.registered(t, a.queued(), logOf(1, false))
			a.remote.err = err
			a.remote.becomes(failing, 0)
			c := a.write(t, "a", Noted{"x"})
			if failed := e.Apply(t.Context(), []es.Commit{c}); !errors.Is(failed[note("a")], err) {
				t.Errorf("streams that failed: %v, want a with %v", failed, err)
			}
			a.wantOutage(t, "none")
		})
	}
	t.Run("the caller's context", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			a := newApart()
			e := a.process(a.queued(), logOf(1, false))
			a.remote.becomes(hanging, 0)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			failed := e.Apply(ctx, []es.Commit{a.write(t, "a", Noted{"x"})})
			if !errors.Is(failed[note("a")], context.DeadlineExceeded) {
				t.Errorf("streams that failed: %v, want a with the context's error", failed)
			}
			a.wantOutage(t, "none")
		})
	})
	t.Run("not apart", func(t *testing.T) {
		t.Parallel()
		b := newBench()
		v := remoteTo(b.view)
		e := b.engineOn(b.store, v, b.catalog, b.queued(), logOf(1, false))
		b.now = time.Time{}
		v.becomes(failing, 0)
		failed := e.Apply(t.Context(), []es.Commit{b.write(t, "a", Noted{"x"})})
		if !errors.Is(failed[note("a")], v.err) {
			t.Errorf("streams that failed: %v, want a", failed)
		}
		b.wantOutage(t, "none")
	})
}

// TestHangingStore: a batch waits for a store that does not answer for 5 s, however many streams it has. The streams of
// other projections do not wait for it.
func TestHangingStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newApart()
		a.pause = time.Millisecond // so that the streams of log and of near alternate
		e := a.registered(t, a.queued(), logOf(1, false))
		var ids []string
		var commits []es.Commit
		for i := range 40 {
			ids = append(ids, fmt.Sprint(i))
			commits = append(commits, a.write(t, ids[i], Swollen{1})) // each is saved by itself
		}
		a.remote.becomes(hanging, 0)
		began, reached := time.Now(), a.remote.reached()
		ended := make(chan map[es.StreamID]error)
		go func() { ended <- e.Apply(t.Context(), commits) }()
		time.Sleep(time.Duration(len(ids)) * time.Millisecond)
		synctest.Wait()
		a.wantNear(t, commits...)
		if failed := <-ended; len(failed) > 0 {
			t.Errorf("streams that failed: %v, want none", failed)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("the batch took %v, want 5s", took)
		}
		if n := a.remote.reached() - reached; n != 1 {
			t.Errorf("%d calls of the store, want 1", n)
		}
		if o := a.record(t).Outage; o == nil || o.Reason != "no answer within 5s" {
			t.Errorf("outage %+v, want no answer within 5s", o)
		}
		r := a.rebuilder(e)
		began = time.Now()
		if err := r.Do(t.Context(), a.queue.take()[0]); err != nil || time.Since(began) != 2*time.Second {
			t.Errorf("the job took %v, %v; want 2s", time.Since(began), err)
		}
		a.remote.becomes(answering, 0)
		a.run(t, r)
		a.wantRows(t, 1, logOf(1, false), ids...)
	})
}

// staggered hangs in each save of stream a, and in all saves of stream b but the first, which takes 3 s.
type staggered struct {
	projection.View
	saves int
}

func (v *staggered) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	if moves[0].Stream == note("b") {
		if v.saves++; v.saves == 1 {
			time.Sleep(3 * time.Second)
			return v.View.Save(ctx, g, moves, rows)
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

// TestHangingTogether: once one call took too long, a call that began later ends too.
func TestHangingTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.now = time.Now()
		v := &staggered{View: b.view}
		e := projection.NewEngine(b.store, b.catalog, projection.Config{Log: slog.New(slog.DiscardHandler)},
			projection.Subscription{Projection: logOf(1, false), View: v, Apart: true})
		began := time.Now()
		apply(t, e, b.write(t, "a", Swollen{1}), b.write(t, "b", Fanned{150}))
		if took := time.Since(began); took != 5*time.Second || v.saves != 2 {
			t.Errorf("the batch took %v and %d saves of b, want 5s and 2", took, v.saves)
		}
	})
}

// TestOutageInterrupted: whatever call fails while an outage is recorded or ended, before or after its effect, the
// streams are delivered again, the job runs again, and in the end nothing is missing.
func TestOutageInterrupted(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		for _, ending := range []bool{false, true} {
			for n := 1; ; n++ {
				a := newApart()
				fine := a.process(a.queued(), logOf(1, false))
				apply(t, fine, a.write(t, "a", Noted{"x"}))
				a.queue.take()
				f := &faults{fail: n, lost: lost}
				mortal := a.processOn(f.catalog(a.catalog), projection.Config{Queue: f.queue(a.queue)}, logOf(1, false))
				a.remote.becomes(failing, 0)
				c := a.write(t, "a", Noted{"y"})
				if !ending {
					if failed := mortal.Apply(t.Context(), []es.Commit{c}); len(failed) > 0 {
						apply(t, fine, c)
					}
				} else {
					apply(t, fine, c)
					job := a.queue.take()[0]
					a.remote.becomes(answering, 0)
					if err := a.rebuilder(mortal).Do(t.Context(), job); err != nil {
						a.queue.jobs = append(a.queue.jobs, job)
					}
				}
				a.remote.becomes(answering, 0)
				apply(t, fine, a.write(t, "b", Noted{"y"}))
				a.run(t, a.rebuilder(fine))
				a.wantOutage(t, "none")
				a.wantRows(t, 1, logOf(1, false), "a", "b")
				if t.Failed() {
					t.Fatalf("call %d failed (after its effect: %v) while the outage ended: %v", n, lost, ending)
				}
				if !f.failed() {
					break
				}
			}
		}
	}
}

// slowCatalog lets something happen before each change of a record.
type slowCatalog struct {
	projection.Catalog
	before func()
}

func (c *slowCatalog) Replace(ctx context.Context, r projection.Record) error {
	c.before()
	return c.Catalog.Replace(ctx, r)
}

// TestSlowProcess: the job of an outage runs before the process that found the outage records it. It waits for that.
func TestSlowProcess(t *testing.T) {
	t.Parallel()
	a := newApart()
	fine := a.registered(t, a.queued(), logOf(1, false))
	r := a.rebuilder(fine)
	catalog := &slowCatalog{Catalog: a.catalog}
	slow := a.processOn(catalog, a.queued(), logOf(1, false))
	catalog.before = func() {
		a.now = a.now.Add(15 * time.Second)
		for _, j := range a.queue.take() {
			if err := r.Do(t.Context(), j); err != nil {
				t.Fatal(err)
			}
		}
		if a.queue.last != 2*time.Minute {
			t.Errorf("the job comes again in %v, want 2m, the longest time that a batch runs", a.queue.last)
		}
	}
	a.remote.becomes(failing, 0)
	apply(t, slow, a.write(t, "a", Noted{"x"}))
	a.wantOutage(t, "away")
	a.remote.becomes(answering, 0)
	a.run(t, r)
	a.wantOutage(t, "none")
	a.wantRows(t, 1, logOf(1, false), "a")
}

// TestOneJobAnOutage: of several processes that find an outage at once, the jobs of all but one end soon. A job of an
// outage that was never recorded, or that has ended, ends too.
func TestOneJobAnOutage(t *testing.T) {
	t.Parallel()
	a := newApart()
	fine := a.registered(t, a.queued(), logOf(1, false))
	a.queue.take()
	catalog := &slowCatalog{Catalog: a.catalog}
	second := a.processOn(catalog, a.queued(), logOf(1, false))
	catalog.before = func() { // the other one is faster
		catalog.before = func() {}
		a.now = a.now.Add(time.Second)
		apply(t, fine, a.write(t, "b", Noted{"x"}))
	}
	a.remote.becomes(failing, 0)
	apply(t, second, a.write(t, "a", Noted{"x"}))
	a.queue.wantCount(t, projection.Recover, 2)
	r := a.rebuilder(fine)
	for range 3 {
		a.now = a.now.Add(3 * time.Minute)
		for _, j := range a.queue.take() {
			if err := r.Do(t.Context(), j); err != nil {
				t.Fatal(err)
			}
		}
		a.queue.wantCount(t, projection.Recover, 1)
	}
	a.remote.becomes(answering, 0)
	a.run(t, r)
	a.wantOutage(t, "none")
	old := projection.Job{Task: projection.Recover, Projection: "log", FailedSince: a.now.Add(-time.Hour)}
	if err := r.Do(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	a.queue.wantJobs(t)
}

// wantCount fails the test unless the queue holds that many jobs, all of them of a task.
func (q *queue) wantCount(t *testing.T, task projection.Task, want int) {
	t.Helper()
	for _, j := range q.jobs {
		if j.Task != task {
			t.Errorf("job %s, want none but %s", jobText(j), task)
		}
	}
	if len(q.jobs) != want {
		t.Errorf("%d jobs, want %d", len(q.jobs), want)
	}
}

// TestFlapping: if the store goes away again while it is reconciled, a new outage begins, and ends like the first.
func TestFlapping(t *testing.T) {
	t.Parallel()
	for _, is := range []state{failing, losing} {
		for after := range 12 {
			a := newApart()
			e := a.registered(t, a.queued(), logOf(1, false))
			a.queue.take()
			r := a.rebuilder(e)
			var ids []string
			for i := range 6 {
				a.remote.becomes(is, 0)
				ids = append(ids, fmt.Sprint(i))
				apply(t, e, a.write(t, ids[i], Noted{"x"}))
				a.remote.becomes(is, after) // the second outage
				for _, j := range a.queue.take() {
					a.now = a.now.Add(time.Minute)
					if err := r.Do(t.Context(), j); err != nil {
						t.Fatal(err)
					}
				}
			}
			a.remote.becomes(answering, 0)
			a.run(t, r)
			a.wantOutage(t, "none")
			a.wantRows(t, 1, logOf(1, false), ids...)
		}
	}
}

// TestOutageWithoutQueue: an outage is recorded too. Recover ends it, and so does Reconcile.
func TestOutageWithoutQueue(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(context.Context, *projection.Rebuilder) (projection.Reconciled, error){
		"Recover": func(ctx context.Context, r *projection.Rebuilder) (projection.Reconciled, error) {
			return r.Recover(ctx, "log")
		},
		"Reconcile": func(ctx context.Context, r *projection.Rebuilder) (projection.Reconciled, error) {
			return r.Reconcile(ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApart()
			e := a.process(projection.Config{}, logOf(1, false))
			apply(t, e, a.write(t, "a", Noted{"x"}))
			a.remote.becomes(failing, 0)
			apply(t, e, a.write(t, "a", Noted{"y"}), a.write(t, "b", Noted{"y"}))
			a.write(t, "never", Noted{"delivered"})
			r := a.rebuilder(e)
			found, err := end(t.Context(), r)
			away, is := errors.AsType[*projection.OutageError](err)
			if name == "Recover" && (!is || away.Projection != "log") {
				t.Errorf("Recover during the outage: %v, want OutageError of log", err)
			} else if name == "Reconcile" && (err != nil || found.Streams != 3) {
				t.Errorf("Reconcile during the outage: %+v, %v; want that it compares 3 streams", found, err)
			}
			a.wantOutage(t, "away")
			a.remote.becomes(answering, 0)
			if found, err = end(t.Context(), r); err != nil || found.Healed != 3 {
				t.Errorf("%s after the outage: %+v, %v; want 3 healed", name, found, err)
			}
			a.wantOutage(t, "none")
			a.wantRows(t, 1, logOf(1, false), "a", "b", "never")
			if again, err := r.Recover(t.Context(), "log"); err != nil || again != (projection.Reconciled{}) {
				t.Errorf("Recover without an outage: %+v, %v; want nothing", again, err)
			}
		})
	}
}

// TestLostJob: the reconciliation of each day ends an outage whose job was lost.
func TestLostJob(t *testing.T) {
	t.Parallel()
	a := newApart()
	e := a.registered(t, a.queued(), logOf(1, false))
	a.remote.becomes(failing, 0)
	apply(t, e, a.write(t, "a", Noted{"x"}))
	a.queue.take()
	r := a.rebuilder(e)
	a.queue.jobs = []projection.Job{{Task: projection.Reconcile}}
	a.run(t, r)
	a.wantOutage(t, "away")
	a.remote.becomes(answering, 0)
	a.queue.jobs = []projection.Job{{Task: projection.Reconcile}}
	a.run(t, r)
	a.wantOutage(t, "none")
	a.wantRows(t, 1, logOf(1, false), "a")
}

// TestReconcileFindsOutage: a store that is found away by a reconciliation is left out of it. Other projections are
// caught up.
func TestReconcileFindsOutage(t *testing.T) {
	t.Parallel()
	for after := range 3 {
		a := newApart()
		e := a.registered(t, a.queued(), logOf(1, false))
		a.queue.take()
		commits := []es.Commit{a.write(t, "a", Noted{"x"}), a.write(t, "b", Noted{"x"})}
		r := projection.NewRebuilder(e, a.store, projection.RebuildConfig{
			Log: slog.New(slog.DiscardHandler), Reconcile: projection.ReconcileConfig{Segments: 1, MinAge: -1},
		})
		a.remote.becomes(failing, after)
		if err := r.Do(t.Context(), projection.Job{Task: projection.Reconcile, Of: 1}); err != nil {
			t.Fatal(err)
		}
		a.wantNear(t, commits...)
		a.wantOutage(t, "away")
		var away *projection.OutageError
		if _, _, err := r.ReconcileSegment(t.Context(), 0, 1, "", "log"); !errors.As(err, &away) {
			t.Errorf("ReconcileSegment of log: %v, want OutageError", err)
		}
		if at, _, err := r.ReconcileSegment(t.Context(), 0, 1, ""); err != nil || at != es.End {
			t.Errorf("ReconcileSegment of all: %q, %v; want that log is left out", at, err)
		}
		a.remote.becomes(answering, 0)
		a.run(t, r)
		a.wantRows(t, 1, logOf(1, false), "a", "b")
	}
}

// TestOutageKeepsJobs: a job that catches up a stream ends, because the recovery does the same. Retries of parked
// streams and folds from the first event wait for the end of the outage. A direct call says that the projection was
// left out.
func TestOutageKeepsJobs(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{true, false} { // is the outage known before the jobs run?
		a := newApart()
		apply(t, a.process(a.queued(), ledgerOf(1, "")), a.write(t, "a", Noted{"x"}), a.write(t, "parked", Poisoned{}))
		mended := a.process(a.queued(), ledgerOf(1, "mended"))
		a.remote.becomes(failing, 0)
		if known {
			apply(t, mended, a.write(t, "a", Noted{"y"}))
		}
		a.queue.take()
		behind := a.write(t, "a", Noted{"z"})
		r := a.rebuilder(mended)
		recovery := 0
		for _, j := range []projection.Job{
			{Task: projection.CatchUp, Projection: "log", Stream: note("a")},
			{Task: projection.CatchUp, Stream: note("a")},
			{Task: projection.CatchUp, Projection: "log", Stream: note("parked"), Retry: true},
			{Task: projection.FoldAgain, Stream: note("a")},
		} {
			if err := r.Do(t.Context(), j); err != nil {
				t.Fatal(err)
			}
			var again, want []projection.Job
			if j.Retry || j.Task == projection.FoldAgain {
				want = []projection.Job{j}
				want[0].Projection = "log"
			}
			for _, got := range a.queue.take() {
				if got.Task == projection.Recover {
					recovery++
				} else {
					again = append(again, got)
				}
			}
			if !slices.Equal(again, want) || len(want) > 0 && a.queue.last != 30*time.Second {
				t.Errorf("jobs after %+v: %+v with a delay of %v, want %+v in 30 s", j, again, a.queue.last, want)
			}
		}
		a.wantNear(t, behind)
		if recovery == 0 != known {
			t.Errorf("%d jobs to recover; the outage was known before: %v", recovery, known)
		}
		var away *projection.OutageError
		if err := mended.CatchUp(t.Context(), note("a")); !errors.As(err, &away) {
			t.Errorf("CatchUp: %v, want OutageError", err)
		}
		if err := mended.RetryStream(t.Context(), note("parked"), "log"); !errors.As(err, &away) {
			t.Errorf("RetryStream: %v, want OutageError", err)
		}
		if _, err := mended.Retry(t.Context()); !errors.As(err, &away) {
			t.Errorf("Retry: %v, want OutageError", err)
		}
		if _, err := mended.Refold(t.Context(), []es.StreamID{note("a")}); !errors.As(err, &away) {
			t.Errorf("Refold: %v, want OutageError", err)
		}
		if err := mended.CatchUp(t.Context(), note("a"), "near"); err != nil {
			t.Errorf("CatchUp of near: %v", err)
		}
		a.remote.becomes(answering, 0)
		a.now = a.now.Add(time.Hour)
		if _, err := r.Recover(t.Context(), "log"); err != nil {
			t.Fatal(err)
		}
		if err := r.Do(t.Context(), projection.Job{
			Task: projection.CatchUp, Projection: "log", Stream: note("parked"), Retry: true,
		}); err != nil {
			t.Fatal(err)
		}
		a.wantParked(t, map[string]string{})
		a.wantShown(t, 1, ledgerOf(1, "mended"), "a", "parked")
	}
}

// TestOutageWhileRebuilding: commits that were left out during an outage are also missing in the generation that is
// being built, in segments that were filled before. The recovery brings them. Until then the generation can't serve.
func TestOutageWhileRebuilding(t *testing.T) {
	t.Parallel()
	a := newApart()
	a.former = []projection.Projection{logOf(1, false)}
	e := a.process(projection.Config{Queue: a.queue}, logOf(2, false))
	old := a.engineOn(a.store, a.view, a.catalog, projection.Config{}, logOf(1, false))
	ids := []string{"a", "b", "c", "d"}
	for _, id := range ids {
		apply(t, old, a.write(t, id, Noted{"x"}))
	}
	r := a.rebuilder(e)
	build, err := r.Begin(t.Context(), "log")
	if err != nil {
		t.Fatal(err)
	}
	for segment := range build.Segments {
		if _, err := r.Fill(t.Context(), "log", build.Generation, segment, nil); err != nil {
			t.Fatal(err)
		}
	}
	a.remote.becomes(failing, 0)
	for _, id := range ids {
		apply(t, e, a.write(t, id, Noted{"y"}))
	}
	a.remote.becomes(answering, 0)
	var away *projection.OutageError
	if _, err := r.Finish(t.Context(), "log", build.Generation); !errors.As(err, &away) {
		t.Errorf("Finish during the outage: %v, want OutageError", err)
	}
	if got := a.statuses(t); got != "1 serving, 2 building" {
		t.Errorf("generations during the outage: %s", got)
	}
	for _, id := range ids { // Finish has caught up what was left out before
		apply(t, e, a.write(t, id, Noted{"z"}))
	}
	a.run(t, r)
	a.wantOutage(t, "none")
	a.wantRows(t, 1, logOf(1, false), ids...)
	a.wantRows(t, 2, logOf(2, false), ids...)
	record := a.record(t)
	record.Outage = &projection.Outage{Since: a.now, Recovering: true}
	if err := a.catalog.Replace(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Finish(t.Context(), "log", build.Generation); !errors.As(err, &away) {
		t.Errorf("Finish before the reconciliation has begun: %v, want OutageError", err)
	}
	if _, err := r.Recover(t.Context(), "log"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Finish(t.Context(), "log", build.Generation); err != nil {
		t.Error(err)
	}
}

// TestSwapWaitsForOutage: the state machine compares again, as when live writes prevent a swap.
func TestSwapWaitsForOutage(t *testing.T) {
	t.Parallel()
	a := newApart()
	a.former = []projection.Projection{logOf(1, false)}
	old := a.engineOn(a.store, a.view, a.catalog, projection.Config{}, logOf(1, false))
	apply(t, old, a.write(t, "a", Noted{"x"}))
	e := a.process(projection.Config{Queue: a.queue}, logOf(2, false))
	r := a.rebuilder(e)
	swaps := 0
	step := func(what string, s projection.Stage) (projection.Stage, error) {
		if what == projection.StageSwap && swaps == 0 {
			a.remote.becomes(failing, 0)
			apply(t, e, a.write(t, "a", Noted{"y"}))
			a.remote.becomes(answering, 0)
		}
		out, err := r.Advance(t.Context(), what, s)
		if what == projection.StageSwap {
			if swaps++; swaps == 1 {
				if err != nil || out.Done {
					t.Errorf("the swap during the outage: %+v, %v; want that it is not done", out, err)
				}
				a.run(t, r)
			}
		}
		return out, err
	}
	if _, err := finishWith(projection.Stage{Projection: "log"}, step); err != nil || swaps != 2 {
		t.Errorf("%d swaps, %v; want 2", swaps, err)
	}
	if got := a.statuses(t); got != "1 retired, 2 serving" {
		t.Errorf("generations: %s", got)
	}
	a.wantRows(t, 2, logOf(2, false), "a")
}

// TestOldCodeRecovers: code that lacks the fold of a generation leaves the recovery to code that has it.
func TestOldCodeRecovers(t *testing.T) {
	t.Parallel()
	a := newApart()
	old := a.process(projection.Config{Queue: a.queue}, logOf(1, false))
	apply(t, old, a.write(t, "a", Noted{"x"}))
	a.former = []projection.Projection{logOf(1, false)}
	newer := a.process(projection.Config{Queue: a.queue}, logOf(2, false))
	build, err := a.rebuilder(newer).Begin(t.Context(), "log")
	if err != nil {
		t.Fatal(err)
	}
	for segment := range build.Segments {
		if _, err := a.rebuilder(newer).Fill(t.Context(), "log", build.Generation, segment, nil); err != nil {
			t.Fatal(err)
		}
	}
	a.remote.becomes(failing, 0)
	apply(t, newer, a.write(t, "a", Noted{"y"}))
	a.remote.becomes(answering, 0)
	for range 3 {
		a.now = a.now.Add(time.Minute)
		for _, j := range a.queue.take() {
			if err := a.rebuilder(old).Do(t.Context(), j); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(a.queue.jobs) != 4 || a.queue.last != 30*time.Second {
		t.Errorf("jobs %+v with a delay of %v, want 4 segments that wait for newer code", a.queue.jobs, a.queue.last)
	}
	a.run(t, a.rebuilder(newer))
	a.wantRows(t, 2, logOf(2, false), "a")
}

// TestStartDuringOutage: a process starts although the store is away. Streams that another build parked are retried by
// the recovery.
func TestStartDuringOutage(t *testing.T) {
	t.Parallel()
	a := newApart()
	apply(t, a.process(a.queued(), ledgerOf(1, "")), a.write(t, "a", Poisoned{}))
	a.queue.take()
	cfg := a.queued()
	cfg.CodeVersion = func() string { return "mended" }
	mended := a.process(cfg, ledgerOf(1, "mended"))
	a.remote.becomes(failing, 0)
	reached := a.remote.reached()
	for range 2 {
		if err := mended.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.wantOutage(t, "away")
	}
	if n := a.remote.reached() - reached; n != 1 {
		t.Errorf("%d calls of the store in two starts, want 1", n)
	}
	a.queue.wantCount(t, projection.Recover, 1)
	a.remote.becomes(answering, 0)
	a.run(t, a.rebuilder(mended))
	a.wantParked(t, map[string]string{})
	a.wantShown(t, 1, ledgerOf(1, "mended"), "a")
}

// TestOutageAfterMark: the mark of a suspect stream, which can't be removed during an outage, does not stay.
func TestOutageAfterMark(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newApart()
		e := a.registered(t, projection.Config{}, logOf(1, false))
		c := a.write(t, "a", Noted{"x"})
		a.now = c.At.Add(time.Hour)
		a.remote.becomes(failing, 2) // it answers to the read, and to the mark
		apply(t, e, c)
		a.wantParked(t, map[string]string{"a": "crashed before 1, seen 0"})
		a.remote.becomes(answering, 0)
		if _, err := a.rebuilder(e).Recover(t.Context(), "log"); err != nil {
			t.Fatal(err)
		}
		a.wantParked(t, map[string]string{})
		a.wantRows(t, 1, logOf(1, false), "a")
	})
}

// busy is a view whose saves conflict with others.
type busy struct {
	projection.View
	is bool
}

func (v *busy) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	if v.is {
		return projection.ErrContended
	}
	return v.View.Save(ctx, g, moves, rows)
}

// TestBusyRecovery: streams that can't be saved during the recovery, because of conflicts, are caught up later.
func TestBusyRecovery(t *testing.T) {
	t.Parallel()
	a := newApart()
	v := &busy{View: a.view}
	a.remote.View = v
	e := a.registered(t, a.queued(), logOf(1, false))
	a.remote.becomes(failing, 0)
	apply(t, e, a.write(t, "a", Noted{"x"}))
	a.remote.becomes(answering, 0)
	v.is = true
	r := a.rebuilder(e)
	for range 2 { // the job of the outage, and those of the segments
		for _, j := range a.queue.take() {
			if err := r.Do(t.Context(), j); err != nil {
				t.Fatal(err)
			}
		}
	}
	v.is = false
	a.queue.wantCount(t, projection.CatchUp, 1)
	a.run(t, r)
	a.wantRows(t, 1, logOf(1, false), "a")
}

// TestOutageRecord: the reason is cut, and other programs see the outage in the record.
func TestOutageRecord(t *testing.T) {
	t.Parallel()
	a := newApart()
	e := a.registered(t, projection.Config{}, logOf(1, false))
	a.remote.err = fmt.Errorf("%w: x%s", es.ErrUnavailable, strings.Repeat("ä", 400))
	a.remote.becomes(failing, 0)
	apply(t, e, a.write(t, "a", Noted{"x"}))
	record := a.record(t)
	reason := record.Outage.Reason
	if len(reason) < 499 || len(reason) > 500 || !utf8.ValidString(reason) ||
		!strings.HasPrefix(reason, "store unavailable: xä") {
		t.Errorf("reason of %d bytes: %s", len(reason), reason)
	}
	record.Outage.Reason = "gone"
	text, err := json.Marshal(record.Outage)
	if err != nil {
		t.Fatal(err)
	}
	since, err := json.Marshal(record.Outage.Since)
	if want := fmt.Sprintf(`{"since":%s,"reason":"gone"}`, since); err != nil || string(text) != want {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
	record.Outage = nil
	if text, err := json.Marshal(record); err != nil || strings.Contains(string(text), "outage") {
		t.Errorf("record without an outage: %s, %v", text, err)
	}
}

// TestApartCheck: what can't be in a store of its own.
func TestApartCheck(t *testing.T) {
	t.Parallel()
	view := memview.New()
	for want, sub := range map[string]projection.Subscription{
		"":                               {Projection: logOf(1, false), View: view, Apart: true},
		"can't be both inline and apart": {Projection: logOf(1, false), View: view, Apart: true, Inline: true},
		"can't be apart":                 {Projection: reaction.New(reactionTo(nil)), View: view, Apart: true},
	} {
		got := ""
		if err := sub.Check(); err != nil {
			got = err.Error()
		}
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("check: %q, want %q", got, want)
		}
	}
}

// TestReadDuringOutage: readers read what the store has.
func TestReadDuringOutage(t *testing.T) {
	t.Parallel()
	a := newApart()
	e := a.process(projection.Config{}, logOf(1, false))
	apply(t, e, a.write(t, "a", Noted{"x"}))
	a.remote.becomes(failing, 0)
	c := a.write(t, "a", Noted{"y"})
	apply(t, e, c)
	a.remote.becomes(answering, 0)
	reader := projection.NewReader(a.store, a.catalog, projection.ReaderConfig{},
		projection.Subscription{Projection: logOf(1, false), View: a.remote, Apart: true})
	s, err := reader.Open(t.Context(), "log")
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Progress(t.Context(), es.StreamVersion{Stream: note("a"), Version: 2})
	if diff := cmp.Diff(int64(1), got.Version); err != nil || diff != "" || got.Shows {
		t.Errorf("%+v, %v; want version 1, which does not show version 2", got, err)
	}
}

// TestOutageDuringRecovery: the store goes away again after the reconciliation, but before the first outage is removed.
// That is a new outage: the job of the first does not remove it.
func TestOutageDuringRecovery(t *testing.T) {
	t.Parallel()
	a := newApart()
	e := a.registered(t, a.queued(), logOf(1, false))
	a.remote.becomes(failing, 0)
	apply(t, e, a.write(t, "a", Noted{"x"}))
	job := a.queue.take()[0]
	a.remote.becomes(answering, 0)
	catalog := &slowCatalog{Catalog: a.catalog}
	recovering := a.rebuilder(a.processOn(catalog, a.queued(), logOf(1, false)))
	catalog.before = func() { // feed log again
		catalog.before = func() { // remove the outage
			a.wantOutage(t, "recovering")
			a.run(t, a.rebuilder(e))
			a.remote.becomes(failing, 0)
			apply(t, e, a.write(t, "a", Noted{"y"}))
			catalog.before = func() {}
		}
	}
	if err := recovering.Do(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	a.wantOutage(t, "away")
	a.remote.becomes(answering, 0)
	a.run(t, a.rebuilder(e))
	a.wantOutage(t, "none")
	a.wantRows(t, 1, logOf(1, false), "a")
}

// TestSlowRecovery: a process that found the store back does not end an outage that began after that.
func TestSlowRecovery(t *testing.T) {
	t.Parallel()
	a := newApart()
	e := a.registered(t, a.queued(), logOf(1, false))
	a.remote.becomes(failing, 0)
	apply(t, e, a.write(t, "a", Noted{"x"}))
	a.remote.becomes(answering, 0)
	catalog := &slowCatalog{Catalog: a.catalog}
	slow := a.rebuilder(a.processOn(catalog, a.queued(), logOf(1, false)))
	catalog.before = func() {
		catalog.before = func() {}
		a.run(t, a.rebuilder(e))
		a.wantOutage(t, "none")
		a.remote.becomes(failing, 0)
		apply(t, e, a.write(t, "a", Noted{"y"}))
	}
	if _, err := slow.Recover(t.Context(), "log"); !errors.Is(err, projection.ErrStale) {
		t.Errorf("Recover: %v, want ErrStale", err)
	}
	if o := a.record(t).Outage; o == nil || o.Recovering || !o.Since.Equal(a.now) {
		t.Errorf("outage %+v, want the one since %v", o, a.now)
	}
}

// brokenCatalog refuses to change records.
type brokenCatalog struct{ projection.Catalog }

func (brokenCatalog) Replace(context.Context, projection.Record) error { return errOutage }

// TestRecoverComesAgain: the job of an outage comes again also if the catalog fails, however often.
func TestRecoverComesAgain(t *testing.T) {
	t.Parallel()
	a := newApart()
	e := a.registered(t, a.queued(), logOf(1, false))
	a.remote.becomes(failing, 0)
	apply(t, e, a.write(t, "a", Noted{"x"}))
	a.remote.becomes(answering, 0)
	job := a.queue.take()[0]
	broken := a.rebuilder(a.processOn(brokenCatalog{a.catalog}, a.queued(), logOf(1, false)))
	for range 10 {
		if err := broken.Do(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		if jobs := a.queue.take(); !slices.Equal(jobs, []projection.Job{job}) || a.queue.last != 15*time.Second {
			t.Fatalf("jobs %+v with a delay of %v, want %+v in 15 s", jobs, a.queue.last, job)
		}
	}
	job.Projection = "unheard"
	if err := broken.Do(t.Context(), job); !errors.As(err, new(*projection.UnknownProjectionError)) {
		t.Errorf("job of an unknown projection: %v, want UnknownProjectionError", err)
	}
}

// consistency is a scanner that tells how it was read.
type consistency struct {
	es.Scanner
	mu   sync.Mutex
	seen map[bool]int
}

func (c *consistency) Scan(ctx context.Context, s es.Segment) iter.Seq2[es.ScanPage, error] {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[s.Consistent]++
	return c.Scanner.Scan(ctx, s)
}

// TestRecoveryIsConsistent: a recovery reads the events strongly consistent. Other reconciliations need not.
func TestRecoveryIsConsistent(t *testing.T) {
	t.Parallel()
	a := newApart()
	e := a.registered(t, projection.Config{}, logOf(1, false))
	a.remote.becomes(failing, 0)
	apply(t, e, a.write(t, "a", Noted{"x"}))
	a.remote.becomes(answering, 0)
	scans := &consistency{Scanner: a.store, seen: map[bool]int{}}
	r := a.reconciler(e, scans)
	if _, err := r.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := map[bool]int{true: 3, false: 3}; !maps.Equal(scans.seen, want) {
		t.Errorf("scans by consistency: %v, want %v", scans.seen, want)
	}
}
