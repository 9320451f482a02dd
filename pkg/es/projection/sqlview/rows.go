package sqlview

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/sqltable"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// arrays turns rows into one array for each field. A value that is nil is NULL.
func arrays(rows [][]any, fields ...field) []any {
	out := make([]any, len(fields))
	for i, f := range fields {
		switch f.typ {
		case "bigint":
			out[i] = column[int64](rows, i)
		case "boolean":
			out[i] = column[bool](rows, i)
		case "bytea":
			out[i] = column[[]byte](rows, i)
		case "timestamptz":
			out[i] = column[time.Time](rows, i)
		default:
			out[i] = column[string](rows, i)
		}
	}
	return out
}

func column[T any](rows [][]any, i int) []*T {
	out := make([]*T, len(rows))
	for n, row := range rows {
		if value, ok := row[i].(T); ok {
			out[n] = &value
		}
	}
	return out
}

// byKey orders rows by their first two texts.
func byKey(a, b []any) int {
	first := cmp.Compare(a[0].(string), b[0].(string))
	one, _ := a[1].(string)
	other, _ := b[1].(string)
	return cmp.Or(first, cmp.Compare(one, other))
}

// orNull is NULL for an empty text.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// checkpoints adds the statements that replace checkpoints.
func (t *transaction) checkpoints(changes []change) {
	columns := t.layout.columns(sqltable.Document)
	fields := slices.Concat(documentFields, textFields(columns))
	var first, later [][]any
	for _, c := range changes {
		row := t.document(c, columns)
		p := c.Prev
		if p.Version == 0 && p.RowsWritten == 0 && p.Epoch() == 0 && p.Parked == nil && !p.Behind {
			first = append(first, row)
			continue
		}
		later = append(later, append(row, p.Version, int64(p.RowsWritten), int64(p.Epoch()), p.Parked != nil))
	}
	if len(first) > 0 {
		t.add(t.layout.insert, len(first), arrays(first, fields...))
	}
	if len(later) > 0 {
		slices.SortFunc(later, byKey) // rows are locked in this order: two transactions do not wait for each other
		t.add(t.layout.update, len(later), arrays(later, slices.Concat(fields, conditionFields)...))
	}
}

// document is the row of a checkpoint, in the order of documentFields.
func (t *transaction) document(c change, columns []typed) []any {
	t.count++
	next := c.Next
	name, full := t.short(c.Stream.String())
	var at, rises, slots any
	if !next.At.IsZero() {
		at = next.At
	}
	if len(next.Rises) > 0 {
		rises = encode(next.Rises)
	}
	var keys [2 * viewkit.MaxSlots]any
	var stored []storedSlot
	for i, slot := range next.Slots {
		if viewkit.IsEmpty(slot) {
			continue
		}
		stored = append(stored, make([]storedSlot, i-len(stored))...)
		stored = append(stored, storedSlot{slot.Partition, slot.Sort, string(slot.Row)})
		keys[2*i], _ = t.short(slot.Partition)
		keys[2*i+1] = t.sort(slot.Key)
	}
	if len(stored) > 0 {
		slots = encode(stored)
	}
	row := []any{
		name, full, next.Version, next.Hash, int64(next.RowsWritten), int64(next.Epoch()), at, orNull(next.Owner), next.Behind,
		rises, next.Appended, orNull(string(next.State)), slots, keys[0], keys[1], keys[2], keys[3], orNull(c.parked),
	}
	return append(row, t.typed(columns, sqltable.Document, "", next.State)...)
}

// storedSlot is a slot as it is stored: the row byte for byte.
type storedSlot struct {
	Partition string `json:"partition,omitempty"`
	Sort      string `json:"sort,omitempty"`
	Row       string `json:"row,omitempty"`
}

func encode(v any) string {
	data, _ := json.Marshal(v) // texts and numbers can't fail
	return string(data)
}

// typed are the values of typed columns in a document, or in a row of a list.
func (t *transaction) typed(columns []typed, kind sqltable.Kind, list string, row json.RawMessage) []any {
	out := make([]any, len(columns))
	for i := range t.layout.tables {
		table := &t.layout.tables[i]
		if table.Kind != kind || table.List != list {
			continue
		}
		values, err := valuesOf(table, row)
		if err != nil {
			t.refuse(err)
			return out
		}
		for n, c := range columns {
			if c.table == i && values[c.column] != nil {
				out[n] = *values[c.column]
			}
		}
	}
	return out
}

// refuse keeps the first error.
func (t *transaction) refuse(err error) {
	if t.err == nil {
		t.err = err
	}
}

// short is what keys have for a name; full is the name itself if that is its hash, else NULL.
func (t *transaction) short(name string) (short, full any) {
	s, long := t.layout.cfg.Dialect.short(name)
	if long != nil {
		full = *long
	}
	return s, full
}

// sort is a sort key.
func (t *transaction) sort(key projection.Key) any {
	if strings.Contains(key.Sort, "\x00") {
		t.refuse(fmt.Errorf("%w: the sort key has a NUL character", projection.ErrRefused))
	}
	if t.layout.cfg.Dialect == DSQL && len(key.Sort) > maxDSQLSort {
		t.refuse(fmt.Errorf("%w: the sort key of %.99q… has %d bytes, the limit on DSQL is %d",
			projection.ErrTooLarge, key, len(key.Sort), maxDSQLSort))
	}
	return key.Sort
}

func (t *transaction) add(sql string, changes int, args []any) {
	t.steps = append(t.steps, step{sql: sql, args: args, changes: changes})
}

// rows adds the statements that write own and shared rows.
func (t *transaction) rows(rows []projection.Write) {
	columns := t.layout.columns(sqltable.Own)
	var put, deleted, added [][]any
	for _, w := range rows {
		t.count++
		partition, name := t.short(w.Key.Partition)
		sort := t.sort(w.Key)
		switch w.Kind {
		case projection.Put:
			row := []any{partition, name, sort, orNull(streamName(w.Stream)), orNull(w.List), string(w.Row)}
			put = append(put, append(row, t.typed(columns, sqltable.Own, w.List, w.Row)...))
		case projection.Delete:
			deleted = append(deleted, []any{partition, sort})
		case projection.Add:
			for counter, n := range w.Counters {
				t.count++
				short, label := t.short(counter)
				added = append(added, []any{partition, name, sort, short, label, t.number(n)})
			}
		}
	}
	if len(put) > 0 {
		t.add(t.layout.put, len(put), arrays(put, slices.Concat(rowFields, textFields(columns))...))
	}
	if len(deleted) > 0 {
		slices.SortFunc(deleted, byKey)
		t.add(t.layout.deleteRows(), anyNumber, arrays(deleted, field{"partition", "text"}, field{"sort", "text"}))
	}
	if len(added) > 0 {
		t.sums(rows, added)
	}
}

func streamName(s es.StreamID) string {
	if s == (es.StreamID{}) {
		return ""
	}
	return s.String()
}

// sums adds the statement that adds to counters. If the counters have long names, another one finds rows that are too
// large.
func (t *transaction) sums(rows []projection.Write, added [][]any) {
	fields := slices.Concat(counterFields, []field{{"value", "text"}})
	t.steps = append(t.steps, step{sql: t.layout.addCounters(), args: arrays(added, fields...), check: storable})
	for _, w := range rows {
		for counter := range w.Counters {
			if len(counter) > maxDSQLKey {
				var keys [][]any
				for _, row := range added {
					keys = append(keys, []any{row[0], row[2]})
				}
				sizes := arrays(keys, field{"partition", "text"}, field{"sort", "text"})
				t.steps = append(t.steps, step{sql: t.layout.counterSizes(), args: sizes, check: smallEnough})
				return
			}
		}
	}
}

// number is a number for a counter.
func (t *transaction) number(n projection.Number) string {
	text := n.String()
	if t.layout.cfg.Dialect == DSQL {
		before, after, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
		if len(before) > maxDigits-dsqlScale || len(strings.TrimRight(after, "0")) > dsqlScale {
			t.refuse(fmt.Errorf("%w: a counter on DSQL has at most %d digits before and %d after the point",
				projection.ErrTooLarge, maxDigits-dsqlScale, dsqlScale))
		}
	}
	return text
}

// appends adds the statement that stores append rows.
func (t *transaction) appends(rows []projection.AppendRow) {
	columns := t.layout.columns(sqltable.Appended)
	var all [][]any
	for _, r := range rows {
		t.count++
		partition, name := t.short(r.Key.Partition)
		var stream any
		if _, of, ok := strings.Cut(r.Key.Sort, "|"); ok {
			stream, _ = t.short(of)
		}
		row := []any{
			partition, name, t.sort(r.Key), stream, orNull(r.List), string(r.Row), r.Version(), int64(r.Epoch),
		}
		all = append(all, append(row, t.typed(columns, sqltable.Appended, r.List, r.Row)...))
	}
	fields := slices.Concat(appendFields, textFields(columns))
	t.add(t.layout.appendRows, anyNumber, arrays(all, fields...))
}
