package viewtest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// The events of the tests of the engine: a text is noted, the last one is struck, many rows are written. Ledgers skip
// passed events. Not each fold can fold poisoned ones.
type (
	noteEvent interface{ isNote() }
	noted     struct{ Text string }
	struck    struct{}
	fanned    struct{ Out int }
	passed    struct{}
	poisoned  struct{ Panic bool }
)

func (noted) isNote()    {}
func (struck) isNote()   {}
func (fanned) isNote()   {}
func (passed) isNote()   {}
func (poisoned) isNote() {}

var noteEvents = es.NewRegistry(
	es.Type[noteEvent]("Noted", 1, noted{}), es.Type[noteEvent]("Struck", 1, struck{}),
	es.Type[noteEvent]("Fanned", 1, fanned{}), es.Type[noteEvent]("Passed", 1, passed{}),
	es.Type[noteEvent]("Poisoned", 1, poisoned{}),
)

var errPoison = errors.New("poison")

// aNote is the aggregate of notes.
var aNote = es.Aggregate[struct{}, noteEvent]{StreamType: "Note", Events: noteEvents}

func note(id string) es.StreamID { return es.StreamID{Type: "Note", ID: id} }

// ledger is a document with rows of all kinds that the store holds.
type ledger struct {
	Texts []string
	Last  string // of the texts
	Taken string // how poison was folded
}

// entry is a row of the lists of entries and lines.
type entry struct{ Text string }

// The lists of ledgers.
var (
	byLast = projection.IndexRows("by-last", func(l *ledger) (at projection.Key, row string, in bool) {
		if l.Last == "" {
			return at, "", false
		}
		return projection.Key{Partition: "last/" + l.Last[:1], Sort: l.Last}, l.Last + l.Taken, true
	})
	oddOnes = projection.IndexRows("odd", func(l *ledger) (projection.Key, int, bool) {
		n := len(l.Texts)
		return projection.Key{Partition: "odd", Sort: fmt.Sprintf("%04d", n)}, n, n%2 == 1
	})
	entries = projection.AppendRows[entry]("entries")
	lines   = projection.OwnRows[entry]("lines")
)

// fold is how a process folds ledgers.
type fold struct {
	version int
	// takes is what a ledger says after poison. If empty, poison can't be folded.
	takes string
	// erased are the streams whose texts can't be read any more. An erased text makes fewer rows.
	erased []string
}

// of is the projection of a fold, with rows of the kinds that a store holds.
func (f fold) of(has Features) *projection.Of[ledger] {
	var lists []projection.Part
	if has.Index {
		lists = append(lists, byLast, oddOnes)
	}
	if has.Append {
		lists = append(lists, entries)
	}
	if has.Own {
		lists = append(lists, lines)
	}
	return projection.New("ledger", f.version, projection.From(aNote,
		projection.On(func(l *ledger, e projection.Event[noted], w *projection.Writes) error {
			f.note(l, e, rows{has, w})
			return nil
		}),
		projection.On(func(l *ledger, _ projection.Event[struck], w *projection.Writes) error {
			if n := len(l.Texts); n > 0 {
				rows{has, w}.count("letters", l.Texts[n-1][:1], -1)
				rows{has, w}.erase("lines", n)
				if l.Texts, l.Last = l.Texts[:n-1], ""; n > 1 {
					l.Last = l.Texts[n-2]
				}
			}
			return nil
		}),
		projection.On(func(_ *ledger, e projection.Event[fanned], w *projection.Writes) error {
			for i := range e.Data.Out {
				if has.Counters {
					rows{has, w}.count("fan", fmt.Sprintf("%03d", i), 1)
				} else {
					rows{has, w}.put("fan", i, "fanned")
				}
			}
			rows{has, w}.enter("fanned", fmt.Sprint(e.Data.Out))
			return nil
		}),
		projection.On(func(l *ledger, e projection.Event[poisoned], w *projection.Writes) error {
			switch {
			case f.takes != "":
			case e.Data.Panic:
				panic("poison")
			default:
				return errPoison
			}
			l.Taken = f.takes
			for i := range len(f.takes) { // folds that take it differently make another number of rows
				rows{has, w}.enter("all", fmt.Sprint(f.takes, i))
			}
			return nil
		}),
	), lists...)
}

func (f fold) note(l *ledger, e projection.Event[noted], w rows) {
	text, erased := e.Data.Text, slices.Contains(f.erased, e.Stream.ID)
	if erased {
		text = text[:1] + " erased"
	}
	if f.version > 1 {
		text += fmt.Sprint(" in fold ", f.version)
	}
	l.Texts, l.Last = append(l.Texts, text), text
	w.count("letters", text[:1], 1)
	if n := len(l.Texts); n%3 == 0 {
		w.erase("lines", n-1)
	} else {
		w.put("lines", n, text+l.Taken)
	}
	w.enter("all", text+l.Taken)
	if !erased {
		w.put("more", int(e.Version), text)
		w.enter("all", "more of "+text)
	}
	if l.Taken != "" {
		w.enter("all", "after "+l.Taken)
	}
}

// rows write the rows of the kinds that the store holds.
type rows struct {
	has Features
	w   *projection.Writes
}

func (r rows) count(partition, sort string, n int64) {
	if r.has.Counters {
		r.w.Add(projection.Key{Partition: partition, Sort: sort}, "count", projection.Int(n))
	}
}

func (r rows) put(partition string, n int, text string) {
	if r.has.Own {
		lines.Put(r.w, projection.Key{Partition: partition, Sort: fmt.Sprintf("%04d", n)}, entry{text})
	}
}

func (r rows) erase(partition string, n int) {
	if r.has.Own {
		lines.Delete(r.w, projection.Key{Partition: partition, Sort: fmt.Sprintf("%04d", n)})
	}
}

func (r rows) enter(partition, text string) {
	if r.has.Append {
		entries.Append(r.w, partition, entry{text})
	}
}
