package projection_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestSkippedBeginning: the creator of a stream is known even if its first commit does not concern the projection: in a
// process that saw it, in a new process, and in a new generation.
func TestSkippedBeginning(t *testing.T) {
	t.Parallel()
	b := newBench()
	first, second := b.write(t, "a", Swollen{1}), b.write(t, "a", Noted{"x"})
	e := b.engineOf(projection.Config{}, ledgerOf(1, ""))
	apply(t, e, first)
	apply(t, e, second)
	cold := b.write(t, "b", Swollen{1})
	apply(t, b.engineOf(projection.Config{}, ledgerOf(1, "")), b.write(t, "b", Noted{"x"}))
	apply(t, e, cold)
	together := []es.Commit{b.write(t, "c", Swollen{1}), b.write(t, "c", Noted{"y"})}
	apply(t, e, together...)
	if _, _, err := b.rebuilder(e).Run(t.Context(), "log", nil); err != nil {
		t.Fatal(err)
	}
	for _, g := range []projection.Generation{1, 2} {
		for _, id := range []string{"a", "b", "c"} {
			if at := b.at(t, g, id); at.Owner != "ann" || at.Version != 2 {
				t.Errorf("generation %d: %s is at %d, owned by %q", g, id, at.Version, at.Owner)
			}
		}
		b.wantShown(t, g, ledgerOf(1, ""), "a", "b", "c")
	}
}

// TestNothingButSkipped: a stream without any event that concerns a projection has no document and no place in a list:
// live, in a new generation, and once its checkpoint is stored.
func TestNothingButSkipped(t *testing.T) {
	t.Parallel()
	b := newBench()
	everyone := projection.IndexRows("everyone", func(l *ledger) (projection.Key, int, bool) {
		return projection.Key{Partition: "everyone", Sort: fmt.Sprint(len(l.Texts))}, len(l.Texts), true
	})
	fold := projection.New("log", 1, projection.From(noted(notes),
		projection.On(func(l *ledger, e projection.Event[Noted], _ *projection.Writes) error {
			l.Texts = append(l.Texts, e.Data.Text)
			return nil
		})), everyone)
	sub := projection.Subscription{Projection: fold, View: b.view}
	e := b.engineOf(projection.Config{}, fold)
	apply(t, e, b.write(t, "short", Swollen{1}))
	for range 60 {
		apply(t, e, b.write(t, "long", Swollen{1}))
	}
	apply(t, e, b.write(t, "handled", Swollen{1}))
	apply(t, e, b.write(t, "handled", Noted{"x"}))
	if _, _, err := b.rebuilder(e).Run(t.Context(), "log", nil); err != nil {
		t.Fatal(err)
	}
	if at := b.at(t, 1, "long"); at.Version != 50 {
		t.Errorf("the checkpoint is at %d", at.Version)
	}
	for range 2 { // before the swap takes effect, and after
		r := projection.NewReader(b.store, b.catalog, projection.ReaderConfig{Now: func() time.Time { return b.now }}, sub)
		s, err := r.Open(t.Context(), "log")
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"short", "long"} {
			var missing *es.NotFoundError
			if d, err := fold.Document(t.Context(), s, note(id)); !errors.As(err, &missing) {
				t.Errorf("document in generation %d of %s: %+v, %v, want it missing", s.Build.Generation, id, d, err)
			}
		}
		page, err := everyone.Page(t.Context(), s, projection.Query{Partitions: []string{"everyone"}, Limit: 10})
		if err != nil || len(page.Items) != 1 {
			t.Errorf("list in generation %d: %d rows, %v, want 1", s.Build.Generation, len(page.Items), err)
		}
		b.now = b.now.Add(projection.RecordCacheAge)
	}
}
