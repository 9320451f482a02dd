package projection_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// ledger is a document with rows of all kinds.
type ledger struct {
	Texts []string `json:"texts"`
	Taken string   `json:"taken,omitempty"` // by which fold poison was taken
}

// The lists of ledgers.
var (
	byLetter = projection.IndexRows("by-letter", func(l *ledger) (at projection.Key, row string, in bool) {
		if len(l.Texts) == 0 {
			return at, "", false
		}
		last := l.Texts[len(l.Texts)-1]
		return projection.Key{Partition: "letter/" + last[:1], Sort: last}, last + l.Taken, true
	})
	oddOnes = projection.IndexRows("odd", func(l *ledger) (at projection.Key, row int, in bool) {
		return projection.Key{Partition: "odd", Sort: fmt.Sprintf("%04d", len(l.Texts))}, len(l.Texts), len(l.Texts)%2 == 1
	})
	entries = projection.AppendRows[string]("entries")
	lines   = projection.OwnRows[string]("lines")
)

// ledgerOf is a projection of notes with rows of all kinds. It skips Swollen and Misplaced. With a flavor it folds
// poison, and makes other rows from then on; without, it can't.
func ledgerOf(fold int, flavor string) *projection.Of[ledger] {
	return projection.New("log", fold, projection.From(noted(notes),
		projection.On(func(l *ledger, e projection.Event[Noted], w *projection.Writes) error {
			l.note(w, e.Version, e.Data.Text)
			return nil
		}),
		projection.On(func(_ *ledger, e projection.Event[Fanned], w *projection.Writes) error {
			for i := range e.Data.Out {
				w.Add(projection.Key{Partition: "fan", Sort: fmt.Sprintf("%03d", i)}, "count", projection.Int(1))
			}
			for i := range e.Data.Out % 4 {
				entries.Append(w, "fanned", fmt.Sprint(i))
			}
			return nil
		}),
		projection.On(func(l *ledger, e projection.Event[Poisoned], w *projection.Writes) error {
			if flavor == "" {
				return errPoison
			}
			l.Taken = flavor
			entries.Append(w, "all", flavor)
			for i := range len(flavor) {
				entries.Append(w, flavor, fmt.Sprint(i))
			}
			lines.Put(w, projection.Key{Partition: "taken", Sort: fmt.Sprintf("%04d", e.Version)}, flavor)
			return nil
		}),
	), byLetter, oddOnes, entries, lines)
}

func (l *ledger) note(w *projection.Writes, version int64, text string) {
	l.Texts = append(l.Texts, text)
	w.Add(projection.Key{Partition: "letters", Sort: text[:1]}, "count", projection.Int(1))
	line := func(n int) projection.Key {
		return projection.Key{Partition: "lines", Sort: fmt.Sprintf("%04d", n)}
	}
	if n := len(l.Texts); n%3 == 0 {
		lines.Delete(w, line(n-1))
	} else {
		lines.Put(w, line(n), text+l.Taken)
	}
	entries.Append(w, "all", text+l.Taken)
	entries.Append(w, "letter/"+text[:1], fmt.Sprint(version))
	if l.Taken != "" {
		entries.Append(w, "all", "after "+l.Taken)
	}
}

// shown are all rows of a generation that count, and the checkpoints of these streams.
func (b *bench) shown(t *testing.T, g projection.Generation, ids ...string) map[string]string {
	t.Helper()
	out, at := map[string]string{}, map[es.StreamID]projection.Checkpoint{}
	for key, row := range b.stored(t, g) {
		name := fmt.Sprint(key.Kind, " ", key.Partition, "/", key.Sort)
		switch key.Kind {
		case projection.SharedRow:
			for _, counter := range slices.Sorted(maps.Keys(row.Counters)) {
				out[name] += counter + " " + row.Counters[counter].String() + " "
			}
			continue
		case projection.AppendedRow:
			_, id, _ := strings.Cut(key.Sort, "|Note#")
			if _, known := at[note(id)]; !known {
				at[note(id)] = b.at(t, g, id)
			}
			if !at[note(id)].Shows(projection.AppendRow{Key: key.Key, Epoch: row.Epoch, Row: row.Row}) {
				continue
			}
		default:
		}
		out[name] = string(row.Row)
	}
	for _, id := range ids {
		cp := b.at(t, g, id)
		out[id] = fmt.Sprintf("state %s, owner %q, appended %d, parts %d", cp.State, cp.Owner, cp.Appended, cp.RowsWritten)
		for i, slot := range cp.Slots {
			out[fmt.Sprint(id, " slot ", i)] = fmt.Sprintf("%s %s", slot.Key, slot.Row)
		}
	}
	return out
}

// stored are all rows of a generation, without those of lists over an index.
func (b *bench) stored(t *testing.T, g projection.Generation) map[projection.RowKey]projection.Row {
	t.Helper()
	var keys []projection.RowKey
	for key, err := range b.view.Keys(t.Context(), g) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	rows, err := b.view.Rows(t.Context(), g, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// wantShown fails the test unless a generation shows what a plain fold of the whole store makes of these streams.
func (b *bench) wantShown(t *testing.T, g projection.Generation, fold projection.Projection, ids ...string) {
	t.Helper()
	plain := newBench()
	plain.store, plain.now = b.store, b.now
	e := plain.engineOf(projection.Config{}, fold)
	for _, id := range ids {
		if err := e.CatchUp(t.Context(), note(id)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(plain.shown(t, 1, ids...), b.shown(t, g, ids...)); diff != "" {
		t.Errorf("generation %d (-plain +got):\n%s", g, diff)
	}
}
