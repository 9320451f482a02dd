package projection_test

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/annals-es/annals/pkg/es/projection"
)

// deadly is logOf(1) whose process ends at a stream: the fold signals died and never returns. Nothing after it runs.
func deadly(died chan<- struct{}, over string) projection.Projection {
	return foldOf("log", func(s *notebook, e projection.Event[noteEvent], _ *projection.Writes) error {
		if _, poisoned := e.Data.(Poisoned); poisoned && e.Stream.ID == over {
			died <- struct{}{}
			select {}
		}
		s.Texts = append(s.Texts, "")
		return nil
	})
}

// do makes a new process run a job, and reports whether the process ended.
func (b *bench) do(t *testing.T, fold func(chan<- struct{}) projection.Projection, j projection.Job) (died bool) {
	t.Helper()
	deaths, done := make(chan struct{}), make(chan error)
	cfg := b.queued()
	cfg.CodeVersion = func() string { return "1" }
	cfg.Log = slog.New(slog.NewTextHandler(&b.said, nil))
	r := b.rebuilder(b.engineOf(cfg, fold(deaths)))
	go func() { done <- r.Do(context.WithoutCancel(t.Context()), j) }()
	select {
	case <-deaths: // its goroutines hang for ever, without effect
		return true
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
		return false
	}
}

// TestCrashIsParked: a stream that ends the process at each of its events is parked after two attempts. Later jobs
// leave it alone until other code arrives, or an operator retries it.
func TestCrashIsParked(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.write(t, "a", Noted{"x"})
	apply(t, b.engine, b.write(t, "b", Noted{"x"}))
	b.queue.take()
	b.write(t, "a", Poisoned{})
	fold := func(died chan<- struct{}) projection.Projection { return deadly(died, "a") }
	job := projection.Job{Task: projection.CatchUp, Stream: note("a"), Suspect: true}
	for attempt, want := range []string{"crashed before 1, seen 0", "crashed before 1, seen 0"} {
		if !b.do(t, fold, job) {
			t.Fatalf("attempt %d: the process did not end", attempt+1)
		}
		b.wantParked(t, map[string]string{"a": want})
	}
	if b.do(t, fold, job) {
		t.Error("the stream is tried for ever")
	}
	if said := b.said.String(); strings.Count(said, "trying a stream that may end the process") != 2 ||
		strings.Count(said, "a stream is parked") != 1 || !strings.Contains(said, "stream=Note#a version=1 reason=crashed") {
		t.Errorf("log, want two tries and one parked stream:\n%s", said)
	}
	if p := b.at(t, 1, "a").Parked; p.Attempts != 2 || p.Code != "1" {
		t.Errorf("parked checkpoint: %+v, want 2 attempts by code 1", p)
	}
	if b.do(t, fold, projection.Job{Task: projection.CatchUp, Stream: note("a")}) ||
		b.do(t, fold, projection.Job{Task: projection.Reconcile, Of: 1, Suspect: true}) {
		t.Error("another process tried the suspect stream")
	}

	cfg := b.queued()
	cfg.CodeVersion = func() string { return "2" }
	mended := b.engineOf(cfg, logOf(1, true))
	apply(t, mended, b.write(t, "a", Noted{"y"})) // a batch does not try it
	b.wantParked(t, map[string]string{"a": "crashed before 1, seen 0"})
	jobs := b.queue.take()
	if len(jobs) != 1 || !jobs[0].Suspect || jobs[0].Stream != note("a") {
		t.Fatalf("jobs: %+v, want one suspect catch-up of a", jobs)
	}
	if err := b.rebuilder(mended).Do(t.Context(), jobs[0]); err != nil {
		t.Fatal(err)
	}
	b.wantParked(t, map[string]string{})
	b.wantRows(t, 1, logOf(1, true), "a", "b")
}

// TestCrashOfAnother: a harmless stream that was being tried when the process ended is tried again, and is then up to
// date.
func TestCrashOfAnother(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engine)
	b.write(t, "a", Poisoned{})
	ends := true
	fold := func(died chan<- struct{}) projection.Projection {
		if ends {
			return deadly(died, "a")
		}
		return logOf(1, true)
	}
	job := projection.Job{Task: projection.CatchUp, Stream: note("a"), Suspect: true}
	if !b.do(t, fold, job) {
		t.Fatal("the process did not end")
	}
	ends = false
	if b.do(t, fold, job) || b.at(t, 1, "a").Version != 1 {
		t.Errorf("checkpoint of a: %+v, want version 1", b.at(t, 1, "a"))
	}
	b.wantParked(t, map[string]string{})
}

// TestSuspectedWithoutReason: a suspect stream that folds well is applied. One that is up to date is not written. One
// that can't be folded is parked for that. An outage parks nothing.
func TestSuspectedWithoutReason(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engine)
	b.write(t, "a", Noted{"x"}, Noted{"y"})
	b.write(t, "b", Poisoned{})
	suspect := func(e *projection.Engine, id string) error {
		return b.rebuilder(e).Do(t.Context(), projection.Job{Task: projection.CatchUp, Stream: note(id), Suspect: true})
	}
	for _, id := range []string{"a", "b"} {
		if err := suspect(b.engine, id); err != nil {
			t.Fatal(err)
		}
	}
	b.wantRows(t, 1, logOf(1, false), "a")
	b.wantParked(t, map[string]string{"b": "failed before 1, seen 0"})

	reads := &faults{fail: 1 << 30}
	if err := suspect(b.engineOn(b.store, reads.view(b.view), b.catalog, projection.Config{Queue: b.queue},
		logOf(1, false)), "a"); err != nil || reads.calls != 1 {
		t.Errorf("level already: %d calls, %v", reads.calls, err)
	}

	b.write(t, "a", Noted{"z"})
	for n := 1; ; n++ {
		f := &faults{fail: n}
		err := suspect(b.engineOn(f.reader(b.store), f.view(b.view), b.catalog, projection.Config{Queue: b.queue},
			logOf(1, false)), "a")
		if !f.failed() {
			break
		}
		at := b.at(t, 1, "a")
		if at.Parked != nil {
			t.Errorf("call %d fails (%v): %+v, want it not parked", n, err, at)
		}
		if at.Version == 3 { // once is enough: the stream is up to date for the other calls
			break
		}
	}
	b.queue.take()
	if err := suspect(b.engine, "a"); err != nil {
		t.Fatal(err)
	}
	b.wantRows(t, 1, logOf(1, false), "a")
}

// TestSuspectsOneByOne: of several suspect streams in a process, one is tried at a time. Those for which no time is
// left go back to the queue.
func TestSuspectsOneByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		apply(t, b.engine)
		for _, id := range []string{"a", "b", "c"} {
			b.write(t, id, Noted{"x"})
		}
		var (
			mu        sync.Mutex
			now, most int
		)
		slow := foldOf("log", func(*notebook, projection.Event[noteEvent], *projection.Writes) error {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			runtime.Gosched()
			time.Sleep(3 * time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return nil
		})
		r := b.rebuilder(b.engineOf(b.queued(), slow))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // the last 5 s are the margin
		defer cancel()
		var wg sync.WaitGroup
		for _, id := range []string{"a", "b", "c"} {
			wg.Go(func() {
				if err := r.Do(ctx, projection.Job{Task: projection.CatchUp, Stream: note(id), Suspect: true}); err != nil {
					t.Errorf("catch up %s: %v", id, err)
				}
			})
		}
		wg.Wait()
		if back := b.queue.take(); most != 1 || len(back) != 1 || !back[0].Suspect {
			t.Errorf("%d at once, in the queue: %+v", most, back)
		}
		b.wantParked(t, map[string]string{})
	})
}
