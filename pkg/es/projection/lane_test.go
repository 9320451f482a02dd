package projection_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// A shard delivers its batches one after the other: no batch may hold up the next.

// TestStaleMemory: a cached checkpoint that lacks what another process applied is read again before any event is read.
func TestStaleMemory(t *testing.T) {
	t.Parallel()
	b := newBench()
	other := b.engineOf(projection.Config{}, logOf(1, false))
	checkpoints, events := &faults{fail: -1}, &faults{fail: -1}
	e := b.engineOn(events.reader(b.store), checkpoints.view(b.view), b.catalog, projection.Config{}, logOf(1, false))
	apply(t, e, b.write(t, "a", Noted{"x"}))
	for range 3 {
		apply(t, other, b.write(t, "a", Noted{"y"}), b.write(t, "a", Noted{"z"}))
		checkpoints.calls = 0
		apply(t, e, b.write(t, "a", Noted{"w"}))
		if checkpoints.calls != 2 || events.calls != 0 { // a read and a save
			t.Errorf("%d calls of the view, want 2; %d reads of events, want none", checkpoints.calls, events.calls)
		}
	}
	lost := b.write(t, "a", Noted{"lost"})
	apply(t, e, b.write(t, "a", Noted{"x"}))
	if events.calls != 1 {
		t.Errorf("%d reads of events after version %d was lost, want 1", events.calls, lost.Version)
	}
	b.wantRows(t, 1, logOf(1, false), "a")
}

// deliver makes a new process apply a batch with commits of the given age, and reports whether the process ended.
func (b *bench) deliver(
	t *testing.T, fold func(chan<- struct{}) projection.Projection, age time.Duration, commits ...es.Commit,
) (died bool) {
	t.Helper()
	deaths, done := make(chan struct{}), make(chan map[es.StreamID]error)
	cfg := b.queued()
	cfg.CodeVersion = func() string { return "1" }
	cfg.Log = slog.New(slog.NewTextHandler(&b.said, nil))
	process := newBench() // with its own clock
	process.store, process.view, process.catalog, process.now = b.store, b.view, b.catalog, commits[0].At.Add(age)
	e := process.engineOf(cfg, fold(deaths))
	go func() { done <- e.Apply(context.WithoutCancel(t.Context()), commits) }()
	select {
	case <-deaths: // its goroutines hang for ever, without effect
		return true
	case failed := <-done:
		if len(failed) > 0 {
			t.Errorf("streams that failed: %v, want none", failed)
		}
		return false
	}
}

// TestSuspectDelivery: a late commit that arrives alone is suspect. If the process ends twice because of it, its stream
// is parked, and the batch is done. Earlier, or with other commits, nothing is marked.
func TestSuspectDelivery(t *testing.T) {
	t.Parallel()
	b := newBench()
	fold := func(died chan<- struct{}) projection.Projection { return deadly(died, "a") }
	bad, good := b.write(t, "a", Poisoned{}), b.write(t, "b", Noted{"x"})
	for what, batch := range map[string]struct {
		age     time.Duration
		commits []es.Commit
	}{
		"young": {5*time.Minute - time.Second, []es.Commit{bad}}, "with others": {time.Hour, []es.Commit{bad, good}},
	} {
		if !b.deliver(t, fold, batch.age, batch.commits...) {
			t.Fatal(what, ": the process did not end")
		}
		b.wantParked(t, map[string]string{})
	}
	for attempt := range 2 {
		if !b.deliver(t, fold, 6*time.Minute, bad) {
			t.Fatalf("attempt %d: the process did not end", attempt+1)
		}
		b.wantParked(t, map[string]string{"a": "crashed before 1, seen 0"})
	}
	if b.deliver(t, fold, 6*time.Minute, bad) || b.deliver(t, fold, 6*time.Minute, good) {
		t.Error("the stream is tried for ever, or another stream is not applied")
	}
	b.wantParked(t, map[string]string{"a": "crashed before 1, seen 1"})
	if at := b.at(t, 1, "b"); at.Version != 1 || at.Behind {
		t.Errorf("b is at %d, behind: %v", at.Version, at.Behind)
	}
	if said := b.said.String(); !strings.Contains(said, "stream=Note#a version=1 reason=crashed") {
		t.Errorf("log, want Note#a parked as crashed:\n%s", said)
	}
	b.queue.wantJobs(t)
}

// TestSuspectsOneProjectionAtATime: of several projections, only the one that ended the process is parked.
func TestSuspectsOneProjectionAtATime(t *testing.T) {
	t.Parallel()
	b := newBench()
	died := make(chan struct{})
	var all []projection.Subscription
	for i := range 5 {
		fold := foldOf(fmt.Sprint("log-", i), func(*notebook, projection.Event[noteEvent], *projection.Writes) error {
			if i == 2 {
				died <- struct{}{}
				select {}
			}
			return nil
		})
		all = append(all, projection.Subscription{Projection: fold, View: newBench().view})
	}
	c := b.write(t, "a", Noted{"x"})
	cfg := b.queued()
	cfg.Now = func() time.Time { return c.At.Add(time.Hour) }
	e := projection.NewEngine(b.store, b.catalog, cfg, all...)
	go e.Apply(context.WithoutCancel(t.Context()), []es.Commit{c})
	<-died
	for i, sub := range all {
		at, err := sub.View.Checkpoints(t.Context(), 1, note("a"))
		if err != nil {
			t.Fatal(err)
		}
		if parked := at[note("a")].Parked != nil; parked != (i == 2) {
			t.Errorf("log-%d is parked: %v", i, parked)
		}
	}
}

// stubborn refuses all saves of a stream, while it is told to.
type stubborn struct {
	unwritable
	mu    sync.Mutex
	saved []string // in a generation, a stream
}

func (v *stubborn) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	err := v.unwritable.Save(ctx, g, moves, rows)
	if err == nil {
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, m := range moves {
			v.saved = append(v.saved, fmt.Sprint(g, " ", m.Stream.ID))
		}
	}
	return err
}

// TestOverdue: a failing stream is delivered again for 10 s. Then it is left to the queue, which retries it for hours,
// and the rest of its batch is done.
func TestOverdue(t *testing.T) {
	t.Parallel()
	b := newBench()
	v := &stubborn{unwritable: unwritable{b.view, 1, note("a")}}
	e := b.engineOn(b.store, v, b.catalog, b.queued(), logOf(1, false))
	r := b.rebuilder(e)
	commits := []es.Commit{b.write(t, "a", Swollen{1}), b.write(t, "b", Swollen{1})}
	b.now = commits[0].At.Add(10 * time.Second)
	if failed := e.Apply(t.Context(), commits); len(failed) != 1 || !errors.Is(failed[note("a")], errUnwritable) {
		t.Errorf("streams that failed: %v, want a", failed)
	}
	b.queue.wantJobs(t)
	b.now = commits[0].At.Add(11 * time.Second)
	b.queue.err = errOutage
	if failed := e.Apply(t.Context(), commits); !errors.Is(failed[note("a")], errUnwritable) ||
		!errors.Is(failed[note("a")], errOutage) {
		t.Errorf("streams that failed while the queue is down: %v, want a with both errors", failed)
	}
	b.queue.err = nil
	apply(t, e, commits...)
	b.wantParked(t, map[string]string{})
	jobs := b.queue.take()
	want := projection.Job{Task: projection.CatchUp, Projection: "log", Stream: note("a"), FailedSince: b.now.UTC()}
	if !slices.Equal(jobs, []projection.Job{want}) || b.queue.last != 30*time.Second {
		t.Fatalf("%+v in %v, want %+v", jobs, b.queue.last, want)
	}
	for _, age := range []struct{ of, delay time.Duration }{
		{time.Second, 30 * time.Second}, {5 * time.Minute, 5 * time.Minute}, {6 * time.Hour, 15 * time.Minute},
	} {
		b.now = want.FailedSince.Add(age.of)
		if err := r.Do(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if jobs := b.queue.take(); !slices.Equal(jobs, []projection.Job{want}) || b.queue.last != age.delay {
			t.Errorf("event %v old: jobs %v with a delay of %v, want one catch-up after %v",
				age.of, jobs, b.queue.last, age.delay)
		}
	}
	b.now = b.now.Add(time.Second)
	if err := r.Do(t.Context(), want); !errors.Is(err, errUnwritable) {
		t.Errorf("job after 6 hours: %v, want the error of the view", err)
	}
	v.stream = es.StreamID{}
	if err := r.Do(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	b.queue.wantJobs(t)
	b.wantRows(t, 1, logOf(1, false), "a", "b")
}

// TestOverdueWithoutQueue: without a queue, a failing stream is delivered again, however old its commit is.
func TestOverdueWithoutQueue(t *testing.T) {
	t.Parallel()
	b := newBench()
	c, with := b.write(t, "a", Noted{"x"}), b.write(t, "b", Noted{"x"})
	b.now = c.At.Add(time.Hour)
	e := b.engineOn(b.store, &unwritable{b.view, 1, note("a")}, b.catalog, projection.Config{}, logOf(1, false))
	if failed := e.Apply(t.Context(), []es.Commit{c, with}); !errors.Is(failed[note("a")], errUnwritable) {
		t.Errorf("streams that failed: %v, want a", failed)
	}
}

// TestOverdueNeverGetsAhead: if a stream is left to the queue in the generation being built, it also waits in the
// serving one.
func TestOverdueNeverGetsAhead(t *testing.T) {
	t.Parallel()
	b := newBench()
	v := &unwritable{View: b.view}
	e := b.engineOn(b.store, v, b.catalog, b.queued(), logOf(1, false))
	apply(t, e, b.write(t, "a", Noted{"x"}))
	if _, err := b.rebuilder(e).Begin(t.Context(), "log"); err != nil {
		t.Fatal(err)
	}
	b.queue.take()
	v.generation, v.stream = 2, note("a")
	commits := []es.Commit{b.write(t, "a", Noted{"y"}), b.write(t, "b", Noted{"y"})}
	b.now = commits[0].At.Add(time.Minute)
	apply(t, e, commits...)
	if one, two := b.at(t, 1, "a").Version, b.at(t, 2, "a").Version; one != 1 || two != 0 {
		t.Errorf("at %d in what serves, %d in what is built", one, two)
	}
	v.stream = es.StreamID{}
	b.settle(t, b.rebuilder(e))
	b.wantRows(t, 1, logOf(1, false), "a", "b")
}

// TestMarkThatStays: if the mark of a suspect stream can't be removed because nothing can be written, the queue retries
// the stream. An outage parks nothing.
func TestMarkThatStays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		v := &unwritable{b.view, 1, note("a")}
		e := b.engineOn(b.store, v, b.catalog, b.queued(), logOf(1, false))
		c := b.write(t, "a", Noted{"x"})
		apply(t, e)
		b.queue.take()
		b.now = c.At.Add(time.Hour)
		apply(t, e, c) // twice in the queue: it failed, and it is marked
		b.wantParked(t, map[string]string{"a": "crashed before 1, seen 0"})
		jobs := b.queue.jobs
		b.queue.wantJobs(t, "catch-up Note#a", "catch-up Note#a")
		v.stream = es.StreamID{}
		r := b.rebuilder(e)
		for _, j := range jobs {
			if err := r.Do(t.Context(), j); err != nil {
				t.Fatal(err)
			}
		}
		b.wantParked(t, map[string]string{})
		b.wantRows(t, 1, logOf(1, false), "a")

		unqueued := b.engineOn(b.store, &unwritable{b.view, 1, note("b")}, b.catalog, projection.Config{}, logOf(1, false))
		c = b.write(t, "b", Noted{"x"})
		b.now = c.At.Add(time.Hour)
		if failed := unqueued.Apply(t.Context(), []es.Commit{c}); !errors.Is(failed[note("b")], errUnwritable) {
			t.Errorf("streams that failed without a queue: %v, want b", failed)
		}
	})
}

// TestBriefly: a reaction's call to another system gets one second. Then its stream waits in the queue, and others
// continue. A job has the whole time.
func TestBriefly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		var told []string
		r := reactionTo(nil)
		r.RetryFromQueue = true
		r.Sources = reactingTo(func(ctx context.Context, e projection.Event[noteEvent], _ es.Command) error {
			if e.Stream.ID == "slow" {
				if _, limited := ctx.Deadline(); limited {
					t.Error("the context has a deadline, of which SDK clients keep a part in reserve")
				}
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(3 * time.Second):
				}
			}
			told = append(told, e.Stream.ID)
			return nil
		})
		b.now = time.Now()
		cfg := b.queued()
		cfg.Parallel = 1
		e := b.engineOf(cfg, reaction.New(r))
		began := time.Now()
		apply(t, e, b.write(t, "slow", Noted{"x"}), b.write(t, "fast", Noted{"x"}))
		if took := time.Since(began); took != time.Second {
			t.Errorf("the batch took %v", took)
		}
		b.wantParked(t, map[string]string{"slow": "unavailable before 1, seen 1"})
		if p := b.at(t, 1, "slow").Parked; !strings.Contains(p.Error, "no answer within 1s") {
			t.Errorf("reason why slow is parked: %s, want no answer within 1 s", p.Error)
		}
		b.settle(t, b.rebuilder(e))
		b.wantParked(t, map[string]string{})
		if got := strings.Join(told, " "); got != "fast slow" {
			t.Errorf("streams that were told: %s, want fast slow", got)
		}
	})
}

// gated makes saves of one stream in one generation wait, and counts concurrent saves.
type gated struct {
	projection.View
	generation projection.Generation
	stream     es.StreamID
	gate       chan struct{}

	mu        sync.Mutex
	now, most int
	saved     []string
}

func (v *gated) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	v.mu.Lock()
	v.now++
	v.most = max(v.most, v.now)
	v.mu.Unlock()
	if v.gate != nil && (v.stream == es.StreamID{} || g == v.generation && moves[0].Stream == v.stream) {
		<-v.gate
	}
	err := v.View.Save(ctx, g, moves, rows)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.now--
	for _, m := range moves {
		v.saved = append(v.saved, fmt.Sprint(g, m.Stream.ID))
	}
	return err
}

func (v *gated) order() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.saved)
}

// TestGenerationsWithinAStream: each stream is written first in the generation being built and then in the serving one.
// It waits for no other stream, whether its rows are own or shared.
func TestGenerationsWithinAStream(t *testing.T) {
	t.Parallel()
	for name, event := range map[string]noteEvent{"own rows": Swollen{1}, "shared rows": Noted{"x"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				b.now = time.Time{} // no commit is old
				v := &gated{View: b.view}
				e := b.engineOn(b.store, v, b.catalog, b.queued(), logOf(1, false))
				apply(t, e)
				if _, err := b.rebuilder(e).Begin(t.Context(), "log"); err != nil {
					t.Fatal(err)
				}
				// Much of the first stream is missing, so it is processed by itself.
				b.write(t, "a", Swollen{1})
				commits := []es.Commit{b.write(t, "a", event), b.write(t, "b", event), b.write(t, "c", event)}
				v.generation, v.stream, v.gate = 2, note("a"), make(chan struct{})
				ended := make(chan map[es.StreamID]error)
				go func() { ended <- e.Apply(t.Context(), commits) }()
				synctest.Wait()
				saved := v.order()
				slices.Sort(saved)
				if got := strings.Join(saved, " "); got != "1b 1c 2b 2c" {
					t.Errorf("while a waits: %s", got)
				}
				close(v.gate)
				if failed := <-ended; len(failed) > 0 {
					t.Errorf("streams that failed: %v, want none", failed)
				}
				saved = v.order()
				for _, id := range []string{"a", "b", "c"} {
					if built, serving := slices.Index(saved, "2"+id), slices.Index(saved, "1"+id); built < 0 || serving < built {
						t.Errorf("%s was written in this order: %v", id, saved)
					}
				}
				b.wantRows(t, 1, logOf(1, false), "a", "b", "c")
			})
		})
	}
}

// TestSideBySide: 64 streams of a batch are processed concurrently.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		v := &gated{View: b.view, gate: make(chan struct{})}
		e := b.engineOn(b.store, v, b.catalog, b.queued(), logOf(1, false))
		var commits []es.Commit
		for i := range 100 {
			commits = append(commits, b.write(t, fmt.Sprint(i), Swollen{1}))
		}
		ended := make(chan map[es.StreamID]error)
		go func() { ended <- e.Apply(t.Context(), commits) }()
		synctest.Wait()
		close(v.gate)
		if failed := <-ended; len(failed) > 0 || v.most != 64 {
			t.Errorf("%d at once; failed: %v", v.most, failed)
		}
	})
}
