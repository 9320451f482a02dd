package viewtest

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// erasing is a ledger in which the texts of some streams are erased. An erased text has one line less, and one entry
// less.
func erasing(erased ...string) *projection.Of[ledger] {
	return projection.New("ledger", 1, projection.From(aNote,
		projection.On(func(l *ledger, e projection.Event[noted], w *projection.Writes) error {
			text, erased := e.Data.Text, slices.Contains(erased, e.Stream.ID)
			if erased {
				text = "x erased"
			}
			l.Texts = append(l.Texts, text)
			w.Add(projection.Key{Partition: "letters", Sort: "all"}, "count", projection.Int(1))
			line := projection.Key{Partition: "lines", Sort: fmt.Sprintf("%04d", e.Version)}
			lines.Put(w, line, text)
			entries.Append(w, "all", text)
			if !erased {
				entries.Append(w, "all", "more of "+text)
				line.Partition = "more"
				lines.Put(w, line, text)
			}
			return nil
		}),
	), byLast, oddOnes, entries, lines)
}

// refold: with more own rows than a transaction holds, a refold leaves nothing of the old result in the store. Readers
// see what a plain fold makes, and verification finds no difference.
func refold(t *testing.T, b *bench) {
	cfg := projection.Config{Log: slog.New(slog.DiscardHandler)}
	engine := func(erased ...string) *projection.Engine {
		return projection.NewEngine(b.store, b.catalog, cfg, projection.Subscription{
			Projection: erasing(erased...), View: b.view,
		})
	}
	var all []es.Commit
	for i := range 60 {
		all = append(all, b.write(t, "a", noted{fmt.Sprint("x secret ", i)}),
			b.write(t, "b|Note#a", noted{fmt.Sprint("x secret ", i)}))
	}
	if failed := engine().Apply(t.Context(), all); len(failed) > 0 {
		t.Fatal(failed)
	}
	ids := []string{"a", "b|Note#a"}
	for n, id := range ids { // by their names, rows of one may belong to the other
		out, err := engine(ids[:n+1]...).Refold(t.Context(), []es.StreamID{note(id)}, "ledger")
		if err != nil || out != (projection.Refolded{Documents: 1, Rows: 60*3 + 60}) {
			t.Errorf("refold: %+v, %v, want 1 document and 240 rows", out, err)
		}
		if left := b.holding(t, "secret"); (len(left) > 0) != (n == 0) {
			t.Errorf("after %s: these hold secrets: %v", id, left)
		}
	}
	catalog, view := memview.NewCatalog(), memview.New(memview.Config{})
	folded := projection.NewEngine(b.store, catalog, cfg, projection.Subscription{Projection: erasing(ids...), View: view})
	for _, id := range ids {
		if err := folded.CatchUp(t.Context(), note(id)); err != nil {
			t.Fatal(err)
		}
	}
	got, want := shownBy(t, b.store, b.catalog, b.view, ids...), shownBy(t, b.store, catalog, view, ids...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("shown (-plain +got):\n%s", diff)
	}
	r := projection.NewRebuilder(engine(ids...), b.store, projection.RebuildConfig{Segments: 2})
	if report, err := r.Verify(t.Context(), "ledger", 1); err != nil || report.Compared != 2 {
		t.Errorf("verify: %+v, %v, want 2 streams compared", report, err)
	}
}
