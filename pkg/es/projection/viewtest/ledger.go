package viewtest

import (
	"fmt"

	"github.com/annals-es/annals/pkg/es/projection"
)

// ledger is a document with rows of all kinds.
type ledger struct {
	Texts []string
	Taken string // by which fold poison was taken
}

var (
	byLast = projection.IndexRows("by-last", func(l *ledger) (at projection.Key, row string, in bool) {
		if len(l.Texts) == 0 {
			return at, "", false
		}
		last := l.Texts[len(l.Texts)-1]
		return projection.Key{Partition: "last/" + last[:1], Sort: last}, last + l.Taken, true
	})
	oddOnes = projection.IndexRows("odd", func(l *ledger) (projection.Key, int, bool) {
		return projection.Key{Partition: "odd", Sort: fmt.Sprintf("%04d", len(l.Texts))}, len(l.Texts), len(l.Texts)%2 == 1
	})
	entries = projection.AppendRows[string]("entries")
	lines   = projection.OwnRows[string]("lines")
)

// ledgerOf is a projection of notes that skips replaced notes. With a flavor it folds poison; without, it can't.
func ledgerOf(flavor string) *projection.Of[ledger] {
	return projection.New("ledger", 1, projection.From(aNote,
		projection.On(func(l *ledger, e projection.Event[noted], w *projection.Writes) error {
			l.Texts = append(l.Texts, e.Data.Text)
			w.Add(projection.Key{Partition: "letters", Sort: e.Data.Text[:1]}, "count", projection.Int(1))
			at := func(n int) projection.Key { return projection.Key{Partition: "lines", Sort: fmt.Sprintf("%04d", n)} }
			if n := len(l.Texts); n%3 == 0 {
				lines.Delete(w, at(n-1))
			} else {
				lines.Put(w, at(n), e.Data.Text+l.Taken)
			}
			entries.Append(w, "all", e.Data.Text+l.Taken)
			if l.Taken != "" {
				entries.Append(w, "all", "after "+l.Taken)
			}
			return nil
		}),
		projection.On(func(_ *ledger, e projection.Event[fanned], w *projection.Writes) error {
			for i := range e.Data.Out {
				w.Add(projection.Key{Partition: "fan", Sort: fmt.Sprintf("%03d", i)}, "count", projection.Int(1))
			}
			entries.Append(w, "fanned", fmt.Sprint(e.Data.Out))
			return nil
		}),
		projection.On(func(l *ledger, _ projection.Event[poisoned], w *projection.Writes) error {
			if flavor == "" {
				return errPoison
			}
			l.Taken = flavor
			for i := range len(flavor) {
				entries.Append(w, "all", fmt.Sprint(flavor, i))
			}
			return nil
		}),
	), byLast, oddOnes, entries, lines)
}
