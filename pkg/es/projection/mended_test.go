package projection_test

import (
	"context"
	"errors"
	"fmt"
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

var errThrottled = fmt.Errorf("save: %w", es.ErrUnavailable)

// refusing refuses saves, and counts the requested saves by stream.
type refusing struct {
	projection.View
	refuse func(moves []projection.CheckpointUpdate, rows []projection.Write) error

	mu    sync.Mutex
	saves map[es.StreamID]int
}

func (v *refusing) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	v.mu.Lock()
	if v.saves == nil {
		v.saves = map[es.StreamID]int{}
	}
	for _, m := range moves {
		v.saves[m.Stream]++
	}
	err := v.refuse(moves, rows)
	v.mu.Unlock()
	if err != nil {
		return err
	}
	return v.View.Save(ctx, g, moves, rows)
}

// TestThrottledFill: a throttled fill continues where it was refused, and does not repeat what is done. Out of time, it
// returns ErrUnfinished, so that its job is run again. It recognizes the throttling errors of stores by default, and
// others if it is told.
func TestThrottledFill(t *testing.T) {
	t.Parallel()
	told := func(err error) bool { return errors.Is(err, errOutage) }
	t.Run("by default", func(t *testing.T) { t.Parallel(); throttledFill(t, errThrottled, nil) })
	t.Run("as told", func(t *testing.T) { t.Parallel(); throttledFill(t, errOutage, told) })
}

func throttledFill(t *testing.T, refusal error, throttled func(error) bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		for _, id := range []string{"a", "b", "c"} {
			b.write(t, id, Swollen{1})
		}
		left := 3
		v := &refusing{View: b.view, refuse: func(moves []projection.CheckpointUpdate, _ []projection.Write) error {
			if moves[0].Stream == note("b") && left > 0 {
				left--
				return refusal
			}
			return nil
		}}
		e := b.engineOn(b.store, v, b.catalog, projection.Config{Queue: b.queue, CacheSize: -1}, logOf(1, false))
		r := projection.NewRebuilder(e, b.store, projection.RebuildConfig{Segments: 1, Throttled: throttled})
		build, err := r.Begin(t.Context(), "log")
		if err != nil {
			t.Fatal(err)
		}
		if filled, err := r.Fill(t.Context(), "log", build.Generation, 0, nil); err != nil || !filled {
			t.Fatal(filled, err)
		}
		if v.saves[note("a")] != 1 || v.saves[note("b")] != 4 || v.saves[note("c")] != 1 {
			t.Errorf("saves: %v, want 1 of a, 4 of b, 1 of c", v.saves)
		}
		b.wantRows(t, build.Generation, logOf(1, false), "a", "b", "c")

		left = 1 << 30
		if err := r.Abandon(t.Context(), "log"); err != nil {
			t.Fatal(err)
		}
		if build, err = r.Begin(t.Context(), "log"); err != nil {
			t.Fatal(err)
		}
		b.queue.take()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		s := projection.Stage{Projection: "log", Generation: build.Generation}
		if out, err := r.Advance(ctx, projection.StageFill, s); err != nil || ctx.Err() != nil || out.Done {
			t.Errorf("fill until the deadline: %+v, %v, context %v; want more to do", out, err, ctx.Err())
		}
	})
}

// slowly drops nothing until its context ends.
type slowly struct{ projection.View }

func (v slowly) Drop(ctx context.Context, _ projection.Generation) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestDropGoesOn: a drop that takes longer than the time left is continued later.
func TestDropGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		apply(t, b.engine, b.write(t, "a", Noted{"x"}))
		e := b.engineOn(b.store, slowly{b.view}, b.catalog, b.queued(), logOf(1, false))
		r := b.rebuilder(e)
		if _, err := r.Begin(t.Context(), "log"); err != nil {
			t.Fatal(err)
		}
		if err := r.Abandon(t.Context(), "log"); err != nil {
			t.Fatal(err)
		}
		b.now = b.now.Add(time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		out, err := r.Advance(ctx, projection.StageTidy, projection.Stage{Projection: "log", Tidy: true})
		if err != nil || ctx.Err() != nil || out.Done || b.statuses(t) != "1 serving, 2 dropping" {
			t.Errorf("tidy until the deadline: %+v, %v, context %v, generations %s; want more to do, 1 serving, 2 dropping",
				out, err, ctx.Err(), b.statuses(t))
		}
	})
}

// TestPartOfARetry: a parked event of many rows is retried and interrupted halfway. The stream is then behind, so that
// nothing that was delivered in the meantime is missed.
func TestPartOfARetry(t *testing.T) {
	t.Parallel()
	b := newBench()
	apply(t, b.engine)
	first := b.write(t, "a", Fanned{150})
	if err := b.view.Park(t.Context(), 1, note("a"), projection.Checkpoint{}, projection.Parked{
		Reason: projection.Failed, Version: 1,
	}); err != nil {
		t.Fatal(err)
	}
	apply(t, b.engine, b.write(t, "a", Noted{"later"}))
	saves := 0
	v := &refusing{View: b.view, refuse: func([]projection.CheckpointUpdate, []projection.Write) error {
		if saves++; saves == 3 {
			return errOutage
		}
		return nil
	}}
	cfg := b.queued()
	cfg.CodeVersion = func() string { return "newer" }
	e := b.engineOn(b.store, v, b.catalog, cfg, logOf(1, true))
	if failed := e.Apply(t.Context(), []es.Commit{first}); failed[note("a")] == nil {
		t.Fatal("the save was not interrupted")
	}
	apply(t, e, first)
	for _, j := range b.queue.take() {
		if err := b.rebuilder(e).Do(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
	b.wantRows(t, 1, logOf(1, true), "a")
}

// TestReactsOnce: an event that fails is not retried in the same delivery, and earlier events are not handled again.
func TestReactsOnce(t *testing.T) {
	t.Parallel()
	b := newBench()
	var heard []string
	failing := true
	r := reactionTo(func(text string, _ es.Command) error {
		if heard = append(heard, text); text == "second" && failing {
			return context.DeadlineExceeded
		}
		return nil
	})
	e := b.engineOf(projection.Config{Parallel: 1}, reaction.New(r))
	c := b.write(t, "a", Noted{"first"}, Noted{"second"}, Noted{"third"})
	if failed := e.Apply(t.Context(), []es.Commit{c}); len(failed) != 1 ||
		!slices.Equal(heard, []string{"first", "second"}) {
		t.Errorf("streams that failed: %v, observers called: %v; want one, and both", failed, heard)
	}
	heard, failing = nil, false
	apply(t, e, c)
	apply(t, e, c)
	if !slices.Equal(heard, []string{"second", "third"}) {
		t.Errorf("observers called: %v, want second and third", heard)
	}
}

// TestVerifyHalfAnEvent: verification counts the rows that an event has written before it was parked.
func TestVerifyHalfAnEvent(t *testing.T) {
	t.Parallel()
	b := newBench()
	v := &refusing{View: b.view, refuse: func(_ []projection.CheckpointUpdate, rows []projection.Write) error {
		if slices.ContainsFunc(rows, func(w projection.Write) bool { return w.Key.Sort == "120" }) {
			return projection.ErrTooLarge
		}
		return nil
	}}
	e := b.engineOn(b.store, v, b.catalog, projection.Config{}, logOf(1, false))
	apply(t, e, b.write(t, "a", Noted{"x"}, Fanned{150}), b.write(t, "b", Fanned{5}))
	if at := b.at(t, 1, "a"); at.RowsWritten != 120 || at.Parked == nil || at.Parked.Reason != projection.TooLarge {
		t.Fatalf("checkpoint of a: %+v, want 120 rows written and parked as TooLarge", at)
	}
	if report, err := b.rebuilder(e).Verify(t.Context(), "log", 1); err != nil || report.Counters != 121 {
		t.Errorf("verify: %+v, %v, want 121 counters", report, err)
	}
}

// TestGroupsFailTogether: a group that a store refuses because it is unavailable is not sent again stream by stream.
func TestGroupsFailTogether(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err   error
		saves int
	}{{errOutage, 1}, {projection.ErrContended, 2}, {projection.ErrTooLarge, 2}} {
		b := newBench()
		v := &refusing{View: b.view, refuse: func(moves []projection.CheckpointUpdate, _ []projection.Write) error {
			if len(moves) > 1 {
				return test.err
			}
			return nil
		}}
		e := b.engineOn(b.store, v, b.catalog, projection.Config{}, logOf(1, false))
		failed := e.Apply(t.Context(), []es.Commit{b.write(t, "a", Noted{"x"}), b.write(t, "b", Noted{"x"})})
		if v.saves[note("a")] != test.saves || v.saves[note("b")] != test.saves || (len(failed) > 0) != (test.saves == 1) {
			t.Errorf("view fails with %v: %v saves, streams that failed %v", test.err, v.saves, failed)
		}
	}
}

func TestStorable(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]bool{
		"0": true, "-1.5": true, strings.Repeat("9", 38): true, strings.Repeat("9", 39): false,
		"1" + strings.Repeat("0", 125): true,
		"1" + strings.Repeat("0", 126): false, "0." + strings.Repeat("0", 129) + "1": true,
		"0." + strings.Repeat("0", 130) + "1":                              false,
		"1" + strings.Repeat("0", 30) + "." + strings.Repeat("0", 9) + "1": false,
	} {
		n, err := projection.Decimal(number)
		if err != nil || n.Storable() != want {
			t.Errorf("%s: storable as %v, %v, want %v", number, n.Storable(), err, want)
		}
	}
}
