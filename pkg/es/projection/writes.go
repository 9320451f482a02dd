package projection

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// Key is where a row is: rows of one partition are sorted by Sort.
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
}

// Writes collects what a fold writes. A row that is written twice is written once, as the later says; what is added twice
// is added up.
type Writes struct {
	stream es.StreamID
	list   []Write
	index  map[RowKey]int
	err    error // the first of what can't be stored
}

// Put writes a row of the event's stream. Its sort key is extended by the stream, so that no other stream can write it.
//
// Errors: the row is none as JSON. A fold returns it.
func (w *Writes) Put(key Key, row any) error {
	data, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("row %v: %w", key, err)
	}
	w.set(RowKey{Key: w.own(key)}, Write{Kind: Put, Row: data})
	return nil
}

// Delete removes a row that Put wrote under the same key.
func (w *Writes) Delete(key Key) { w.set(RowKey{Key: w.own(key)}, Write{Kind: Delete}) }

// Add adds to a counter of a row that all streams share. Additions commute, so their order does not matter. Neither part of
// the key may be empty, and every number must be [Number.Storable]: else the event can't be folded.
func (w *Writes) Add(key Key, counter string, n Number) {
	switch {
	case w.err != nil:
	case key.Partition == "" || key.Sort == "":
		w.err = fmt.Errorf("shared row %q: its partition and sort key must not be empty", key)
	case !n.Storable():
		w.err = fmt.Errorf("shared row %q: %s has more digits than can be stored, or is too large or too small", key, counter)
	}
	id := RowKey{Key: key, Shared: true}
	i, there := w.index[id]
	if !there {
		w.set(id, Write{Kind: Add, Counters: map[string]Number{counter: n}})
		return
	}
	counters := w.list[i].Counters
	if counters[counter] = counters[counter].Plus(n); w.err == nil && !counters[counter].Storable() {
		w.err = fmt.Errorf("shared row %q: the sum of %s has more digits than can be stored", key, counter)
	}
}

func (w *Writes) own(key Key) Key { return OwnKey(w.stream, key) }

// OwnKey is where a row is that a stream put under a key.
func OwnKey(stream es.StreamID, key Key) Key {
	return Key{Partition: key.Partition, Sort: key.Sort + "|" + stream.String()}
}

// byKey orders rows.
func byKey(a, b Write) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key.Partition, b.Key.Partition), cmp.Compare(a.Key.Sort, b.Key.Sort))
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
