package projection_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// tidyAfterRollback is the name of the worker that drops what a rollback retires, with the revision of the record.
const tidyAfterRollback = "log-tidy-7"

// upgraded is a bench on which fold 2 serves and fold 1 is retired.
func upgraded(t *testing.T) (*bench, *projection.Engine) {
	t.Helper()
	b := newBench()
	apply(t, b.engine, b.write(t, "a", Noted{"x"}), b.write(t, "bad", Poisoned{}))
	e := b.engineOf(b.queued(), logOf(2, false), logOf(1, false))
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.settle(t, b.rebuilder(e))
	if got := b.statuses(t); got != "1 retired, 2 serving" {
		t.Fatal(got)
	}
	return b, e
}

// TestRollbackIsRemembered: the next start does not rebuild a fold that was rolled back; an explicit request does.
func TestRollbackIsRemembered(t *testing.T) {
	t.Parallel()
	b, e := upgraded(t)
	r := b.rebuilder(e)
	if g, err := r.Rollback(t.Context(), "log"); err != nil || g != 1 {
		t.Fatal(g, err)
	}
	b.now = b.now.Add(3 * 3600e9)
	for range 2 {
		if _, err := r.Drop(t.Context(), "log", 2); err != nil {
			t.Fatal(err)
		}
		b.now = b.now.Add(3600e9)
	}
	if err := e.Start(t.Context()); err != nil || b.statuses(t) != "1 serving" {
		t.Errorf("after a start: %s, %v", b.statuses(t), err)
	}
	b.machine.wantStarts(t, tidyAfterRollback)
	newer := b.engineOf(b.queued(), logOf(3, false), logOf(2, false), logOf(1, false))
	if err := newer.Start(t.Context()); err != nil {
		t.Errorf("start with a still newer fold: %v", err)
	}
	b.machine.wantStarts(t, "log-3")
	if build, err := r.Begin(t.Context(), "log"); err != nil || build.Fold != 2 {
		t.Errorf("begin a rebuild: %+v, %v, want fold 2", build, err)
	}
}

// TestRollbackHeals: a retired generation that code without its fold did not feed is caught up before it serves again.
// Streams that can't be applied are parked.
func TestRollbackHeals(t *testing.T) {
	t.Parallel()
	b, _ := upgraded(t)
	apply(t, b.engineOf(b.queued(), logOf(2, false)), b.write(t, "a", Noted{"y"}), b.write(t, "new", Noted{"z"}))
	if at := b.at(t, 1, "a").Version; at != 1 {
		t.Fatalf("the retired generation was projected to version %d", at)
	}
	r := b.rebuilder(b.engineOf(b.queued(), logOf(2, false), logOf(1, false)))
	if g, err := r.Rollback(t.Context(), "log"); err != nil || g != 1 {
		t.Fatal(g, err)
	}
	b.wantRows(t, 1, logOf(1, false), "a", "new", "bad")
}

// blind hides a shared row.
type blind struct {
	projection.View
	sort string
}

func (v blind) Rows(
	ctx context.Context, g projection.Generation, keys ...projection.RowKey,
) (map[projection.RowKey]projection.Row, error) {
	rows, err := v.View.Rows(ctx, g, keys...)
	for key := range rows {
		if key.Kind == projection.SharedRow && key.Sort == v.sort {
			delete(rows, key)
		}
	}
	return rows, err
}

func (v blind) Keys(ctx context.Context, g projection.Generation) iter.Seq2[projection.RowKey, error] {
	return func(yield func(projection.RowKey, error) bool) {
		for key, err := range v.View.Keys(ctx, g) {
			if (key.Kind != projection.SharedRow || key.Sort != v.sort) && !yield(key, err) {
				return
			}
		}
	}
}

// TestVerificationMissesNoRow: a shared row that the events make and that is missing is reported.
func TestVerificationMissesNoRow(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.history(t)
	e := b.engineOn(b.store, blind{b.view, "x"}, b.catalog, projection.Config{}, logOf(1, false))
	_, err := b.rebuilder(e).Verify(t.Context(), "log", 1)
	var found *projection.VerificationError
	// in each segment
	if !errors.As(err, &found) || found.Count > 2 || !strings.Contains(err.Error(), "counters letters|x are missing") {
		t.Errorf("verify the generation: %v, want at most 2 differences and the missing counters", err)
	}
}

// TestReactionsHaveNoPast: events from long before the first start of a reaction are not handled, however much of their
// stream is read.
func TestReactionsHaveNoPast(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.write(t, "a", Noted{"old"})
	b.write(t, "a", Noted{"recent"})
	var heard []string
	r := reaction.New(reactionTo(func(text string, _ es.Command) error {
		heard = append(heard, text)
		return nil
	}))
	old, err := head(b, t, "a", 1)
	if err != nil {
		t.Fatal(err)
	}
	b.now = old.At.Add(24*3600e9 + 1) // the reaction is there from now on
	e := b.engineOf(projection.Config{Parallel: 1}, r)
	apply(t, e, b.write(t, "a", Noted{"new"}))
	if strings.Join(heard, " ") != "recent new" || b.at(t, 1, "a").Version != 3 {
		t.Errorf("observers called: %v, checkpoint of a at version %d; want recent and new, version 3",
			heard, b.at(t, 1, "a").Version)
	}
}

// head reads a commit.
func head(b *bench, t *testing.T, id string, version int64) (found es.Commit, err error) {
	t.Helper()
	for c, err := range b.store.Read(t.Context(), note(id), es.Range{From: version, To: version}) {
		return c, err
	}
	return found, errors.New("it is not there")
}

// TestRollbackLeveled: what a reconciliation of all segments brought level is rolled back without a walk.
func TestRollbackLeveled(t *testing.T) {
	t.Parallel()
	b, e := upgraded(t)
	missed := b.write(t, "c", Noted{"y"})
	r := projection.NewRebuilder(e, b.store, projection.RebuildConfig{Reconcile: projection.ReconcileConfig{MinAge: -1}})
	for segment := range 2 {
		for at := es.Position(""); at != es.End; {
			var err error
			if at, _, err = r.ReconcileSegment(t.Context(), segment, 2, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	if g, err := r.RollbackLeveled(t.Context(), "log"); err != nil || g != 1 {
		t.Fatal(g, err)
	}
	if got := b.at(t, 1, "c").Version; got != missed.LastVersion() {
		t.Errorf("the generation that serves is at version %d", got)
	}
}
