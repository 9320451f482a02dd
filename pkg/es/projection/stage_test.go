package projection_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// paged scans one commit a page.
type paged struct{ es.Scanner }

func (s paged) Scan(ctx context.Context, segment es.Segment) iter.Seq2[es.ScanPage, error] {
	segment.Limit = 1
	return s.Scanner.Scan(ctx, segment)
}

// hurried is a rebuilder with a filled generation 2, and a function that advances a stage with time for only one page.
func hurried(t *testing.T, b *bench) (*projection.Rebuilder, advance) {
	t.Helper()
	e := b.engineOf(b.queued(), logOf(2, false), logOf(1, false))
	r := projection.NewRebuilder(e, paged{b.store}, projection.RebuildConfig{
		Segments: 2, Log: slog.New(slog.DiscardHandler),
	})
	if _, err := r.Begin(t.Context(), "log"); err != nil {
		t.Fatal(err)
	}
	for segment := range 2 {
		if _, err := r.Fill(t.Context(), "log", 2, segment, nil); err != nil {
			t.Fatal(err)
		}
	}
	return r, func(what string, s projection.Stage) (projection.Stage, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second) // under the margin
		defer cancel()
		return r.Advance(ctx, what, s)
	}
}

// TestComparedInParts: a verification that is interrupted after each commit finds the same as one without
// interruptions.
func TestComparedInParts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(t *testing.T, b *bench)
		says  string
	}{
		"nothing": {func(*testing.T, *bench) {}, ""},
		"a state": {func(t *testing.T, b *bench) {
			cp := b.at(t, 2, "s1")
			next := cp
			next.State = []byte(`{"texts":["X"]}`)
			b.spoil(t, "s1", cp, next)
		}, "Note#s1: the stored state differs from its events"},
		"a counter": {func(t *testing.T, b *bench) {
			cp := b.at(t, 2, "s1")
			b.spoil(t, "s1", cp, cp, projection.Write{
				Kind: projection.Add, Key: projection.Key{Partition: "letters", Sort: "x"},
				Counters: map[string]projection.Number{"count": projection.Int(1)},
			})
		}, "counters letters|x are"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				b.history(t)
				r, hurry := hurried(t, b)
				test.spoil(t, b)
				want, wantErr := r.Verify(t.Context(), "log", 2)
				calls, s := 0, projection.Stage{Projection: "log", Generation: 2, Attempt: 2}
				s, err := r.Advance(t.Context(), projection.StageSurvey, s)
				if err != nil || len(s.Segments) != 2 {
					t.Fatalf("survey: %+v, %v, want 2 segments", s, err)
				}
				err = each(s, projection.StageCompare, func(what string, s projection.Stage) (projection.Stage, error) {
					calls++
					return hurry(what, s)
				})
				if err != nil || calls < 10 {
					t.Errorf("compared in %d parts, %v", calls, err)
				}
				s, err = r.Advance(t.Context(), projection.StageSwap, s)
				var found *projection.VerificationError
				if test.says == "" {
					if err != nil || wantErr != nil || !s.Done || b.statuses(t) != "1 retired, 2 serving" || want.Counters == 0 {
						t.Errorf("rebuild: %+v, %v; verified alone: %v; generations %s, report %+v; want 1 retired, 2 serving",
							s, err, wantErr, b.statuses(t), want)
					}
				} else if !errors.As(err, &found) || !strings.Contains(err.Error(), test.says) || cmp.Diff(wantErr, err) != "" ||
					b.statuses(t) != "1 serving, 2 building" {
					t.Errorf("rebuild: %v, want %v; generations %s", err, wantErr, b.statuses(t))
				}
			})
		})
	}
}

// TestMachineFails: a generation that differs from its events is compared three times, and does not serve. The reason
// is recorded until the rebuild is started again, which then continues.
func TestMachineFails(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.history(t)
	r, _ := hurried(t, b)
	cp := b.at(t, 2, "s1")
	spoiled := cp
	spoiled.State = []byte(`{"texts":["X"]}`)
	b.spoil(t, "s1", cp, spoiled)
	surveys := 0
	count := func(what string, s projection.Stage) (projection.Stage, error) {
		if what == projection.StageSurvey {
			surveys++
		}
		return r.Advance(t.Context(), what, s)
	}
	if _, err := finishWith(projection.Stage{Projection: "log"}, count); !errors.As(err,
		new(*projection.VerificationError)) || surveys != 3 {
		t.Errorf("rebuild that never verifies: %v after %d surveys, want VerificationError after 3", err, surveys)
	}
	if got := b.building(t, 2).Failure; !strings.HasPrefix(got, "Failure: generation 2 of projection log differs") ||
		b.statuses(t) != "1 serving, 2 building" {
		t.Errorf("failure on record: %q; generations %s", got, b.statuses(t))
	}
	e := b.engineOf(b.queued(), logOf(2, false), logOf(1, false))
	b.machine.started = nil
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.machine.wantStarts(t) // a failed rebuild is not restarted
	b.spoil(t, "s1", spoiled, cp)
	if _, err := finish(t.Context(), r, projection.Stage{Projection: "log"}); err != nil {
		t.Error(err)
	}
	if got := b.building(t, 2).Failure; got != "" || b.statuses(t) != "1 retired, 2 serving" {
		t.Errorf("failure on record: %q; generations %s; want none, 1 retired, 2 serving", got, b.statuses(t))
	}
}

// TestFailureOfDropping: the reason is recorded with the generation that was to be dropped. A cause that is not JSON is
// stored unchanged, and cut.
func TestFailureOfDropping(t *testing.T) {
	t.Parallel()
	b, e := upgraded(t)
	r := b.rebuilder(e)
	for _, s := range []*projection.StageError{{Error: "States.Timeout", Cause: strings.Repeat("long ", 1000)}, nil} {
		if out, err := r.Advance(t.Context(), projection.StageFail, projection.Stage{
			Projection: "log", Generation: 2, Error: s,
		}); err != nil || !out.Done {
			t.Errorf("fail the rebuild again: %+v, %v, want it done", out, err)
		}
	}
	record := b.record(t)
	if got := record.Build(1).Failure; !strings.HasPrefix(got, "States.Timeout: long long") || len(got) != 2000 ||
		record.Build(2).Failure != "" {
		t.Errorf("on record: %q, and %q", got, record.Build(2).Failure)
	}
}

// TestGivenUpUnderTheMachine: only the drop is left to do, whatever step the machine is at.
func TestGivenUpUnderTheMachine(t *testing.T) {
	t.Parallel()
	for _, at := range []string{
		projection.StageFill, projection.StageSurvey, projection.StageCompare, projection.StageSwap,
	} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			b := newBench()
			b.history(t)
			r := b.rebuilder(b.engineOf(b.queued(), logOf(1, false)))
			given := false
			last, err := finishWith(projection.Stage{Projection: "log"},
				func(what string, s projection.Stage) (projection.Stage, error) {
					if what == at && !given {
						given = true
						if err := r.Abandon(t.Context(), "log"); err != nil {
							t.Fatal(err)
						}
					}
					return r.Advance(t.Context(), what, s)
				})
			if err != nil || last.Wait != 120 || b.statuses(t) != "1 serving, 2 dropping" || b.building(t, 2).Failure != "" {
				t.Errorf("fail the rebuild: %+v, %v, generations %s; want 1 serving, 2 dropping, and a wait of 120 s",
					last, err, b.statuses(t))
			}
		})
	}
}

// TestStageRefusals: invalid steps are errors.
func TestStageRefusals(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.history(t)
	r := b.rebuilder(b.engineOf(b.queued(), logOf(1, false)))
	s := projection.Stage{Projection: "log"}
	refused := func(what string, s projection.Stage, says string) {
		t.Helper()
		if _, err := r.Advance(t.Context(), what, s); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("stage %s: %v, want an error with %s", what, err, says)
		}
	}
	refused("dance", s, `unknown rebuild stage "dance"`)
	refused(projection.StageBegin, projection.Stage{Projection: "other"}, "unknown projection")
	refused(projection.StageBegin, projection.Stage{Projection: "log", Fold: 2}, "deploy newer code")
	s, err := r.Advance(t.Context(), projection.StageBegin, s)
	if err != nil {
		t.Fatal(err)
	}
	refused(projection.StageSurvey, s, "not filled")
	for _, s.Segment = range s.Segments {
		if _, err := r.Advance(t.Context(), projection.StageFill, s); err != nil {
			t.Fatal(err)
		}
	}
	refused(projection.StageCompare, s, "has not begun")
	if s, err = r.Advance(t.Context(), projection.StageSurvey, s); err != nil {
		t.Fatal(err)
	}
	if again, err := r.Advance(t.Context(), projection.StageSwap, s); err != nil || again.Done {
		t.Errorf("swap without a comparison: %+v, %v, want it not done", again, err)
	}
	s.Attempt = 3
	refused(projection.StageSwap, s, "was not compared")
	if out, err := r.Advance(t.Context(), projection.StageBegin, projection.Stage{
		Projection: "log", Generation: 9,
	}); err != nil || !out.Done {
		t.Errorf("a generation that is gone: %+v, %v", out, err)
	}
}

func (b *bench) building(t *testing.T, g projection.Generation) *projection.Build {
	t.Helper()
	record := b.record(t)
	return record.Build(g)
}
