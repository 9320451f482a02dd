package estest

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// State fails the test unless a stream's state equals want. For a projection that writes no rows itself, the state is
// the stream's row.
func (f *Projected) State(stream es.StreamID, want any) *Projected {
	f.t.Helper()
	if !f.waits() {
		at, err := f.view.Checkpoints(context.Background(), 1, stream)
		if err != nil {
			f.t.Errorf("read state of %s: %v", stream, err)
		}
		f.compare("state of "+stream.String(), want, at[stream].State)
	}
	return f
}

// Row fails the test unless a stream wrote this row, under the key that its fold gave.
func (f *Projected) Row(stream es.StreamID, key projection.Key, want any) *Projected {
	f.t.Helper()
	if !f.waits() {
		f.compare("row "+ownKey(stream, key).Sort+" of "+key.Partition, want, f.row(ownKey(stream, key)).Row)
	}
	return f
}

// NoRow fails the test if the row exists.
func (f *Projected) NoRow(stream es.StreamID, key projection.Key) *Projected {
	f.t.Helper()
	if row := f.row(ownKey(stream, key)).Row; !f.waits() && row != nil {
		f.t.Errorf("row %s of %s: want none, got %s", key.Sort, key.Partition, row)
	}
	return f
}

// Appended fails the test unless these are exactly the rows that a stream appended to a partition, in order.
func (f *Projected) Appended(stream es.StreamID, partition string, want ...any) *Projected {
	f.t.Helper()
	if f.waits() {
		return f
	}
	at, err := f.view.Checkpoints(context.Background(), 1, stream)
	if err != nil {
		f.t.Errorf("read checkpoint of %s: %v", stream, err)
	}
	n := 0
	listing := projection.Listing{Kind: projection.AppendedRow, Partition: partition}
	for row, err := range f.view.List(context.Background(), 1, listing) {
		if err != nil {
			f.t.Errorf("list rows of %s: %v", partition, err)
			return f
		}
		key := projection.RowKey{Key: row.Key, Kind: projection.AppendedRow}
		if !strings.HasSuffix(row.Key.Sort, "|"+stream.String()) || !counts(at, key, row.Row) {
			continue
		}
		if n++; n <= len(want) {
			f.compare(fmt.Sprintf("row %d that %s appended to %s", n, stream, partition), want[n-1], row.Row.Row)
		}
	}
	if n != len(want) {
		f.t.Errorf("%s appended %d rows to %s, want %d", stream, n, partition, len(want))
	}
	return f
}

// Listed fails the test unless a stream's document is in the n-th list over an index (n from 1), at this key and with
// this row. The key is the one that the list's entry gave.
func (f *Projected) Listed(stream es.StreamID, n int, at projection.Key, want any) *Projected {
	f.t.Helper()
	if f.waits() {
		return f
	}
	slot := f.slot(stream, n)
	if slot.Key != projection.OwnKey(stream, at) {
		f.t.Errorf("%s is in list %d at %q, want %q",
			stream, n, slot.Key, projection.OwnKey(stream, at))
		return f
	}
	f.compare(fmt.Sprintf("row of %s in list %d", stream, n), want, slot.Row)
	return f
}

// NotListed fails the test if a stream's document is in the n-th list over an index (n from 1).
func (f *Projected) NotListed(stream es.StreamID, n int) *Projected {
	f.t.Helper()
	if slot := f.slot(stream, n); !f.waits() && slot.Partition != "" {
		f.t.Errorf("%s is in list %d at %q, want it not listed", stream, n, slot.Key)
	}
	return f
}

func (f *Projected) slot(stream es.StreamID, n int) projection.Slot {
	f.t.Helper()
	at, err := f.view.Checkpoints(context.Background(), 1, stream)
	if err != nil {
		f.t.Errorf("read checkpoint of %s: %v", stream, err)
	}
	if slots := at[stream].Slots; n >= 1 && n <= len(slots) {
		return slots[n-1]
	}
	return projection.Slot{}
}

// Counters fails the test unless a shared row has exactly these counters, decimal numbers by name. If want is empty,
// the row must not exist.
func (f *Projected) Counters(key projection.Key, want map[string]string) *Projected {
	f.t.Helper()
	if f.waits() {
		return f
	}
	got := map[string]string{}
	for name, n := range f.row(projection.RowKey{Key: key, Kind: projection.SharedRow}).Counters {
		got[name] = n.String()
		if w, err := projection.Decimal(want[name]); err == nil && w.Equal(n) {
			got[name] = want[name] // 1.50 equals 1.5
		}
	}
	if d := diff(want, got); d != "" && len(want)+len(got) > 0 {
		f.t.Errorf("counters %s of %s (-want +got):\n%s", key.Sort, key.Partition, d)
	}
	return f
}

// Parked fails the test unless a stream is parked before a version, for a reason.
func (f *Projected) Parked(stream es.StreamID, version int64, reason projection.Reason) *Projected {
	f.t.Helper()
	f.expected[stream] = true
	at, err := f.view.Checkpoints(context.Background(), 1, stream)
	switch parked := at[stream].Parked; {
	case err != nil:
		f.t.Errorf("read checkpoint of %s: %v", stream, err)
	case parked == nil:
		f.t.Errorf("%s is not parked: it is at version %d", stream, at[stream].Version)
	case parked.Version != version || parked.Reason != reason:
		f.t.Errorf("%s is parked before version %d as %s, want version %d, %s: %s",
			stream, parked.Version, parked.Reason, version, reason, parked.Error)
	}
	return f
}

// waits reports a failure if a stream is unexpectedly parked, and then returns true: its rows are not up to date.
func (f *Projected) waits() bool {
	f.t.Helper()
	for p, err := range f.view.Parked(context.Background(), 1) {
		switch {
		case err != nil:
			f.t.Errorf("list parked streams: %v", err)
			return true
		case !f.expected[p.Stream]:
			f.t.Errorf("%s is parked before version %d: %s", p.Stream, p.Version, p.Error)
			return true
		}
	}
	return false
}

func ownKey(stream es.StreamID, key projection.Key) projection.RowKey {
	return projection.RowKey{Key: projection.OwnKey(stream, key)}
}

func (f *Projected) row(key projection.RowKey) projection.Row {
	f.t.Helper()
	rows, err := f.view.Rows(context.Background(), 1, key)
	if err != nil {
		f.t.Errorf("read row %v: %v", key, err)
	}
	return rows[key]
}

// compare decodes a stored value as the type of want, and compares them.
func (f *Projected) compare(what string, want any, stored json.RawMessage) {
	f.t.Helper()
	if stored == nil {
		f.t.Errorf("%s: not found, want %+v", what, want)
		return
	}
	got := reflect.New(reflect.TypeOf(want))
	if err := json.Unmarshal(stored, got.Interface()); err != nil {
		f.t.Errorf("%s: %s cannot be decoded as %T: %v", what, stored, want, err)
		return
	}
	if d := diff(want, got.Elem().Interface()); d != "" {
		f.t.Errorf("%s (-want +got):\n%s", what, d)
	}
}
