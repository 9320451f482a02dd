package projection

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/annals-es/annals/pkg/es"
)

// Rows are a list of a projection: rows of type R, stored as JSON. Declare it once, pass it to [New], and use it for
// writing and for reading.
//
// Rows of one partition are ordered by their sort keys. Two lists of a kind in one projection need different
// partitions.
type Rows[R any] struct{ rows }

// rows are Rows of any type.
type rows struct {
	name string
	kind RowKind
	// document and entry are those of an indexed list.
	document reflect.Type
	entry    func(document any) (at Key, row json.RawMessage, in bool, err error)
}

func (r *Rows[R]) addTo(d *declaration) { d.rows = append(d.rows, r.rows) }

// Name is the list's name, unique within its projection.
func (r *Rows[R]) Name() string { return r.name }

// Kind is the kind of the list's rows.
func (r *Rows[R]) Kind() RowKind { return r.kind }

// Indexed reports whether the list is one over an index: see [IndexRows].
func (r *Rows[R]) Indexed() bool { return r.kind == IndexedRow }

// AppendRows declares rows that never change, one or more for an event, such as the movements of an account. A row
// costs one write unit per KB.
func AppendRows[R any](name string) *Rows[R] { return &Rows[R]{rows{name: name, kind: AppendedRow}} }

// OwnRows declares rows that a stream replaces and deletes. A row costs two write units per KB, and so does the
// checkpoint.
func OwnRows[R any](name string) *Rows[R] { return &Rows[R]{rows{name: name, kind: OwnRow}} }

// IndexRows declares a list of documents. entry returns the document's place in the list and the row that the list
// shows, or false if the document is not in the list. The place costs one write unit when the row changes, two when the
// place changes, and otherwise none. A projection has at most two of these lists.
func IndexRows[S, R any](name string, entry func(document *S) (at Key, row R, in bool)) *Rows[R] {
	if entry == nil {
		return &Rows[R]{rows{name: name, kind: IndexedRow, document: reflect.TypeFor[S]()}}
	}
	return &Rows[R]{rows{
		name: name, kind: IndexedRow, document: reflect.TypeFor[S](),
		entry: func(document any) (Key, json.RawMessage, bool, error) {
			at, row, in := entry(document.(*S))
			if !in {
				return at, nil, false, nil
			}
			data, err := json.Marshal(row)
			return at, data, true, err
		},
	}}
}

// Append adds a row to a partition, after the rows of earlier events.
func (r *Rows[R]) Append(w *Writes, partition string, row R) {
	data, ok := r.encode(w, AppendedRow, row)
	if ok {
		w.append(r.name, partition, data)
	}
}

// Put writes a row. The stream is appended to its sort key, so that no other stream can write it.
func (r *Rows[R]) Put(w *Writes, at Key, row R) {
	if data, ok := r.encode(w, OwnRow, row); ok {
		w.set(RowKey{Key: w.own(at)}, Write{Kind: Put, Row: data, List: r.name, Stream: w.stream})
	}
}

// Delete removes a row that Put wrote under the same key.
func (r *Rows[R]) Delete(w *Writes, at Key) {
	if w.declares(r.rows, OwnRow) {
		w.set(RowKey{Key: w.own(at)}, Write{Kind: Delete})
	}
}

func (r *Rows[R]) encode(w *Writes, kind RowKind, row R) (json.RawMessage, bool) {
	if !w.declares(r.rows, kind) {
		return nil, false
	}
	data, err := json.Marshal(row)
	if err != nil {
		w.fail("row of %s: %w", r.name, err)
	}
	return data, err == nil
}

// slotsOf are the places of a stream's document in the lists over an index.
func slotsOf(all []rows, stream es.StreamID, document any) (slots []Slot, err error) {
	for _, r := range all {
		if r.kind != IndexedRow {
			continue
		}
		at, row, in, err := r.entry(document)
		switch {
		case err != nil:
			return nil, fmt.Errorf("row of %s: %w", r.name, err)
		case !in:
			slots = append(slots, Slot{})
			continue
		case at.Partition == "" || at.Sort == "":
			return nil, fmt.Errorf("list %s: partition %q and sort key %q must not be empty", r.name, at.Partition, at.Sort)
		}
		slots = append(slots, Slot{Key: OwnKey(stream, at), Row: row})
	}
	for len(slots) > 0 && slots[len(slots)-1].Partition == "" {
		slots = slots[:len(slots)-1]
	}
	return slots, nil
}
