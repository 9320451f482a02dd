package projection_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// history writes a few streams, one of which is parked, and applies them.
func (b *bench) history(t *testing.T) (ids []string) {
	t.Helper()
	for i := range 6 {
		id := fmt.Sprint("s", i)
		ids = append(ids, id)
		apply(t, b.engine, b.write(t, id, Noted{"x"}, Fanned{3}), b.write(t, id, Noted{fmt.Sprint(i)}))
	}
	apply(t, b.engine, b.write(t, "bad", Noted{"x"}, Poisoned{}), b.write(t, "wide", Fanned{150}))
	return append(ids, "bad", "wide")
}

func TestRebuild(t *testing.T) {
	t.Parallel()
	b := newBench()
	ids := b.history(t)
	e := b.engineOf(projection.Config{}, logOf(2, false), logOf(1, false))
	r := b.rebuilder(e)
	pages := 0
	build, report, err := r.Run(t.Context(), "log", func(_, _, events int) {
		if events > 0 {
			pages++
		}
		apply(t, e, b.write(t, "s1", Noted{"live"})) // while it is filled
	})
	if err != nil || build.Generation != 2 || report.Streams != 7 || report.Parked != 1 ||
		report.Counters == 0 || pages == 0 {
		t.Errorf("rebuild: generation %d, %d pages, %+v, %v", build.Generation, pages, report, err)
	}
	b.wantRows(t, 1, logOf(1, false), ids...)
	b.wantRows(t, 2, logOf(2, false), ids...)
	if got := b.statuses(t); got != "1 retired, 2 serving" {
		t.Error(got)
	}
	if report, err = r.Finish(t.Context(), "log", 2); err != nil || report != (projection.Report{}) {
		t.Errorf("finish again: %+v, %v, want an empty report", report, err)
	}
	if _, err = r.Finish(t.Context(), "log", 1); !errors.Is(err, projection.ErrNoGeneration) {
		t.Errorf("finish a retired generation: %v, want ErrNoGeneration", err)
	}

	apply(t, e, b.write(t, "s2", Noted{"later"}))
	if g, err := r.Rollback(t.Context(), "log"); err != nil || g != 1 || b.statuses(t) != "1 serving, 2 retired" {
		t.Errorf("rolled back to %d: %s, %v", g, b.statuses(t), err)
	}
	b.wantRows(t, 1, logOf(1, false), ids...)
	if keep, err := r.Drop(t.Context(), "log", 1); err != nil || keep != 0 || b.statuses(t) != "1 serving, 2 retired" {
		t.Errorf("dropped what serves: %v, %s, %v", keep, b.statuses(t), err)
	}
	one := b.engineOf(projection.Config{}, logOf(1, false)) // lacks the fold of generation 2
	var unknown *projection.UnknownFoldError
	if _, err := b.rebuilder(one).Rollback(t.Context(), "log"); !errors.As(err, &unknown) || unknown.Fold != 2 {
		t.Errorf("roll back to an unknown fold: %v", err)
	}
}

func TestRebuildRefusals(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.history(t)
	r := b.rebuilder(b.engine)
	if _, err := r.Rollback(t.Context(), "log"); !errors.Is(err, projection.ErrNoGeneration) {
		t.Errorf("roll back without a retired generation: %v, want ErrNoGeneration", err)
	}
	if err := r.Abandon(t.Context(), "log"); !errors.Is(err, projection.ErrNoGeneration) {
		t.Errorf("abandon without a generation: %v, want ErrNoGeneration", err)
	}
	build, err := r.Begin(t.Context(), "log")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := r.Begin(t.Context(), "log"); err != nil || again.Generation != build.Generation {
		t.Errorf("begin again: generation %d, %v, want the same", again.Generation, err)
	}
	var notFilled *projection.NotFilledError
	if _, err := r.Finish(t.Context(), "log", 2); !errors.As(err, &notFilled) || notFilled.Generation != 2 {
		t.Errorf("finish before it is filled: %v, want an error that says so", err)
	}
	if filled, err := r.Fill(t.Context(), "log", 2, 0, nil); err != nil || filled {
		t.Errorf("fill one of two segments: %v, %v", filled, err)
	}
	if err := r.Abandon(t.Context(), "log"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Fill(t.Context(), "log", 2, 1, nil); !errors.Is(err, projection.ErrNoGeneration) {
		t.Errorf("fill an abandoned generation: %v, want ErrNoGeneration", err)
	}
	if next, err := r.Begin(t.Context(), "log"); err != nil || next.Generation != 3 {
		t.Errorf("begin after an abandoned rebuild: generation %d, %v, want 3", next.Generation, err)
	}
	for _, unknown := range []error{
		errorOf(r.Begin(t.Context(), "other")), errorOf(r.Fill(t.Context(), "other", 1, 0, nil)),
		errorOf(r.Finish(t.Context(), "other", 1)),
		errorOf(r.Verify(t.Context(), "other", 1)), errorOf(r.Rollback(t.Context(), "other")),
		errorOf(r.Drop(t.Context(), "other", 1)),
		r.Abandon(t.Context(), "other"), r.Do(t.Context(), projection.Job{Task: "dance"}),
	} {
		if unknown == nil {
			t.Error("what is not there is taken")
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }

// TestGivenUpWhileFilled: a fill ends when its generation is given up, so that nothing is written after the drop.
func TestGivenUpWhileFilled(t *testing.T) {
	t.Parallel()
	b := newBench()
	for i := range 5 {
		b.write(t, fmt.Sprint(i), Noted{"x"})
		for range 5 {
			b.writeRaw(t, fmt.Sprint(i), es.RawEvent{
				Type: "Noted", Schema: 1, Data: []byte(fmt.Sprintf(`{"Text":"x","Pad":"%0300000d"}`, 1)),
			})
		}
	}
	r := projection.NewRebuilder(b.engine, b.store, projection.RebuildConfig{Segments: 1})
	build, err := r.Begin(t.Context(), "log")
	if err != nil {
		t.Fatal(err)
	}
	pages := 0
	_, err = r.Fill(t.Context(), "log", build.Generation, 0, func(int, int, int) {
		if pages++; pages == 1 {
			if err := r.Abandon(t.Context(), "log"); err != nil {
				t.Error(err)
			}
		}
	})
	if !errors.Is(err, projection.ErrNoGeneration) || pages != 1 {
		t.Errorf("fill an abandoned generation: after %d pages: %v, want ErrNoGeneration", pages, err)
	}
}

func TestFillOutOfTime(t *testing.T) {
	t.Parallel()
	b := newBench()
	ids := b.history(t)
	e := b.engineOf(b.queued(), logOf(1, false))
	r := b.rebuilder(e)
	build, err := r.Begin(t.Context(), "log")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // under the margin
	defer cancel()
	if _, err := r.Fill(ctx, "log", build.Generation, 0, nil); !errors.Is(err, projection.ErrUnfinished) {
		t.Errorf("fill until the deadline: %v, want ErrUnfinished", err)
	}
	for segment := range 2 {
		s := projection.Stage{Projection: "log", Generation: build.Generation, Segment: segment}
		if out, err := r.Advance(ctx, projection.StageFill, s); err != nil || out.Done {
			t.Errorf("fill until the deadline: %+v, %v, want more to do", out, err)
		}
	}
	if _, err := finish(t.Context(), r, projection.Stage{Projection: "log"}); err != nil {
		t.Error(err)
	}
	b.wantRows(t, build.Generation, logOf(1, false), ids...)
	if got := b.statuses(t); got != "1 retired, 2 serving" {
		t.Error(got)
	}
}

// TestRebuildInterrupted: whichever call fails, or runs without an answer, repeating the same stage leads to the same
// rows, with a live write in between, and a worker is started that finishes the rebuild.
func TestRebuildInterrupted(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprint("lost answers: ", lost), func(t *testing.T) {
			t.Parallel()
			for n, more := 1, true; more; n++ {
				synctest.Test(t, func(t *testing.T) { more = interrupted(t, n, lost) }) // no waiting for pauses
			}
		})
	}
}

// interrupted rebuilds with the n-th call failing, and reports whether there were that many calls.
func interrupted(t *testing.T, n int, lost bool) bool {
	t.Helper()
	b := newBench()
	ids := b.history(t)
	f := &faults{fail: n, lost: lost}
	cfg := projection.Config{Queue: f.queue(b.queue), Starter: f.starter(b.machine), Parallel: 1}
	e := b.engineOn(f.reader(b.store), f.view(b.view), f.catalog(b.catalog), cfg, logOf(2, false), logOf(1, false))
	r := b.rebuilder(e)
	again := func(what string, do func() error) {
		t.Helper()
		for range 3 {
			if do() == nil {
				return
			}
		}
		t.Fatalf("call %d: %s fails at each attempt: %v", n, what, do())
	}
	again("start", func() error { return e.Start(t.Context()) })
	live := b.write(t, "s1", Noted{"live"})
	again("apply", func() error { return e.Apply(t.Context(), []es.Commit{live})[note("s1")] })
	last, err := finishWith(b.machine.started["log-2"],
		func(what string, s projection.Stage) (out projection.Stage, err error) {
			again(what, func() error { out, err = r.Advance(t.Context(), what, s); return err })
			return out, err
		})
	if err != nil || last.Done || last.Wait != 3600 || b.statuses(t) != "1 retired, 2 serving" {
		t.Errorf("call %d: %+v, %v, generations %s; want a wait of an hour, 1 retired, 2 serving",
			n, last, err, b.statuses(t))
	}
	for _, j := range b.queue.take() {
		again(jobText(j), func() error { return r.Do(t.Context(), j) })
	}
	b.wantRows(t, 1, logOf(1, false), ids...)
	b.wantRows(t, 2, logOf(2, false), ids...)

	b.now = b.now.Add(2 * time.Hour)
	tidy := func() error { return errorOf(r.Advance(t.Context(), projection.StageTidy, last)) }
	again("retire", tidy)
	b.now = b.now.Add(time.Hour)
	again("drop", tidy)
	again("drop", tidy)
	if got := b.statuses(t); got != "2 serving" || len(b.rows(t, 1)) != 0 {
		t.Errorf("call %d: %s, and %d rows", n, got, len(b.rows(t, 1)))
	}
	return f.failed()
}
