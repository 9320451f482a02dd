package projection

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// Key is the place of a row. The rows of a partition are ordered by Sort.
type Key struct{ Partition, Sort string }

// Kind is what a write does to its row.
type Kind int

// The kinds of writes.
const (
	// Put replaces a row.
	Put Kind = iota
	// Delete removes a row.
	Delete
	// Add adds to a row's counters, which start at 0.
	Add
)

// Write is one write to one row.
type Write struct {
	Kind Kind
	Key  Key
	// Row is the row as JSON, for Put.
	Row json.RawMessage
	// Counters is what is added to each counter, for Add.
	Counters map[string]Number
	// List is the name of the list that the row belongs to, for Put. Stream is the stream that put it.
	List   string
	Stream es.StreamID
}

// Writes collects the writes of a fold. A row that is written twice is stored once, with the later content. Additions
// to a counter are summed up.
type Writes struct {
	stream   es.StreamID
	version  int64 // of the event that is folded
	place    int   // of the next row that it appends
	rows     []rows
	list     []Write
	index    map[RowKey]int
	appended []AppendRow // without their epochs
	slots    []Slot
	err      error // the first write that can't be stored
}

// begin sets the event that the next writes belong to.
func (w *Writes) begin(s step) {
	w.stream = s.commit.Stream
	if s.version() != w.version {
		w.version, w.place = s.version(), 0
	}
}

// fail keeps the first error.
func (w *Writes) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

// declares reports whether the projection has a list of a kind.
func (w *Writes) declares(r rows, kind RowKind) bool {
	declared := slices.ContainsFunc(w.rows, func(d rows) bool { return d.name == r.name && d.kind == kind })
	switch {
	case r.kind != kind:
		w.fail("list %s does not take this write: use Append with AppendRows, Put and Delete with OwnRows", r.name)
	case !declared:
		w.fail("list %s is not declared: pass it to New", r.name)
	default:
		return true
	}
	return false
}

func (w *Writes) append(list, partition string, row json.RawMessage) {
	if partition == "" {
		w.fail("the partition of an appended row must not be empty")
		return
	}
	key := AppendKey(partition, w.stream, w.version, w.place)
	w.appended = append(w.appended, AppendRow{Key: key, Row: row, List: list})
	w.place++
}

// Add adds to a counter of a row that all streams share. Additions commute, so their order does not matter. Neither
// part of the key may be empty, and every number must be [Number.Storable]. Otherwise the event can't be folded.
func (w *Writes) Add(key Key, counter string, n Number) {
	if key.Partition == "" || key.Sort == "" {
		w.fail("shared row %q: its partition and sort key must not be empty", key)
	}
	if !n.Storable() {
		w.fail("shared row %q: %s has more digits than can be stored, or is too large or too small", key, counter)
	}
	id := RowKey{Key: key, Kind: SharedRow}
	i, there := w.index[id]
	if !there {
		w.set(id, Write{Kind: Add, Counters: map[string]Number{counter: n}})
		return
	}
	counters := w.list[i].Counters
	if counters[counter] = counters[counter].Plus(n); !counters[counter].Storable() {
		w.fail("shared row %q: the sum of %s has more digits than can be stored", key, counter)
	}
}

func (w *Writes) own(key Key) Key { return OwnKey(w.stream, key) }

// OwnKey is the key of a row that a stream put under a key.
func OwnKey(stream es.StreamID, key Key) Key {
	return Key{Partition: key.Partition, Sort: key.Sort + "|" + stream.String()}
}

// byKey orders rows.
func byKey(a, b Write) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key.Partition, b.Key.Partition),
		cmp.Compare(a.Key.Sort, b.Key.Sort))
}

func (w *Writes) set(id RowKey, write Write) {
	write.Key = id.Key
	if i, there := w.index[id]; there {
		w.list[i] = write
		return
	}
	if w.index == nil {
		w.index = map[RowKey]int{}
	}
	w.index[id] = len(w.list)
	w.list = append(w.list, write)
}
