package projection

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// reacting is a handler that fails at a version, and records what it handled.
type reacting struct {
	fail    int64
	handled []int64
}

func (r *reacting) Name() string                         { return "react" }
func (r *reacting) Reads(string) bool                    { return true }
func (r *reacting) Handles(_ string, e es.RawEvent) bool { return e.Schema == 2 }
func (r *reacting) Transient(error) bool                 { return true }
func (r *reacting) StoredTypes() map[string][]es.StoredType {
	return map[string][]es.StoredType{"Plan": nil}
}

func (r *reacting) RetryFromQueue() bool { return false }
func (r *reacting) Handle(_ context.Context, c *es.Commit, i int) error {
	r.handled = append(r.handled, c.Version+int64(i))
	if c.Version+int64(i) == r.fail {
		return errors.New("x")
	}
	return nil
}

// TestPlanOfAReaction: events that were handled before one that fails are done, and are not handled again. Events that
// are too old, or of a type without a handler, are skipped.
func TestPlanOfAReaction(t *testing.T) {
	t.Parallel()
	begun := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	var steps []step
	for i, schema := range []int{2, 1, 2, 2, 1, 2} {
		c := &es.Commit{Version: int64(i) + 1, At: begun, Events: []es.RawEvent{{Schema: schema}}}
		if i == 0 {
			c.At = begun.Add(-streamAge - 1)
		}
		steps = append(steps, step{commit: c})
	}
	for fail, want := range map[int64]string{
		0: "6, handled [3 4 6]", 3: "2, handled [3], refused 2", 4: "3, handled [3 4], refused 3",
	} {
		r := &reacting{fail: fail}
		target := &target{Build: Build{Since: begun}, sub: &Subscription{Projection: FromHandler(r)}, fold: FromHandler(r)}
		m, refused := target.plan(t.Context(), es.StreamID{Type: "Plan", ID: "s"}, Checkpoint{}, steps, room{9, 9}, begun)
		got := fmt.Sprintf("%d, handled %v", m.Next.Version, r.handled)
		if refused != nil {
			got += fmt.Sprintf(", refused %d", refused.index)
		}
		if got != want || (refused != nil) != (fail > 0) || m.Next.State != nil {
			t.Errorf("%d fails: %s, want %s", fail, got, want)
		}
	}
}

// TestLessRoom: a move that was too large is tried with less room, down to one row.
func TestLessRoom(t *testing.T) {
	t.Parallel()
	rows := make([]Write, 5)
	for _, test := range []struct {
		m    move
		want room
		fits bool
	}{
		{move{steps: 9, rows: rows}, room{4, 50}, true}, {move{steps: 2}, room{1, 50}, true},
		{move{steps: 1, rows: rows}, room{1, 2}, true},
		{move{rows: rows[:2]}, room{1, 1}, true}, {move{steps: 1, rows: rows[:1]}, room{9, 50}, false},
		{move{steps: 1}, room{9, 50}, false},
	} {
		if got, fits := (room{9, 50}).less(&test.m); got != test.want || fits != test.fits {
			t.Errorf("%d steps, %d rows: %v, %v, want %v, %v", test.m.steps, len(test.m.rows), got, fits, test.want, test.fits)
		}
	}
}

// TestFits: commits fit if nothing is missing between them, and between the version and the first.
func TestFits(t *testing.T) {
	t.Parallel()
	commit := func(version int64, events int) *es.Commit {
		return &es.Commit{Version: version, Events: make([]es.RawEvent, events)}
	}
	for _, test := range []struct {
		version   int64
		delivered []*es.Commit
		want      bool
	}{
		{0, nil, true}, {0, []*es.Commit{commit(1, 2), commit(3, 1)}, true}, {0, []*es.Commit{commit(2, 1)}, false},
		{4, []*es.Commit{commit(1, 2), commit(5, 1)}, true}, {4, []*es.Commit{commit(5, 1), commit(7, 1)}, false},
		{4, []*es.Commit{commit(4, 3), commit(4, 3), commit(7, 1)}, true},
	} {
		if got := fits(test.version, test.delivered); got != test.want {
			t.Errorf("version %d, %d commits: fits is %v, want %v", test.version, len(test.delivered), got, test.want)
		}
	}
}
