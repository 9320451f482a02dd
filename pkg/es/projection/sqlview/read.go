package sqlview

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// query runs a query on the tables of a generation, and calls each for every row.
//
// Errors: [projection.ErrLost]; those of each.
func (v *View) query(
	ctx context.Context, g projection.Generation, sql func(l *layout) string, each func(row pgx.CollectableRow) error, args ...any,
) error {
	l, err := v.layoutOf(ctx, g)
	if err != nil {
		return err
	}
	rows, err := v.pool.Query(ctx, sql(l), args...)
	if err == nil {
		for rows.Next() && err == nil {
			err = each(rows)
		}
		rows.Close()
		err = errors.Join(err, rows.Err())
	}
	if isMissing(err) {
		v.forget(g)
		return v.lost(g)
	}
	return readFault(ctx, err)
}

// Checkpoints implements [projection.View].
func (v *View) Checkpoints(
	ctx context.Context, g projection.Generation, streams ...es.StreamID,
) (map[es.StreamID]projection.Checkpoint, error) {
	keys := make([]string, len(streams))
	for i, s := range streams {
		keys[i], _ = v.cfg.Dialect.short(s.String())
	}
	out := make(map[es.StreamID]projection.Checkpoint, len(streams))
	err := v.query(ctx, g, func(l *layout) string {
		return "SELECT COALESCE(name, stream), version, hash, done, at, COALESCE(owner, ''), behind, rises, appended, state, slots, " +
			"parked FROM " + l.table(documents) + " WHERE stream = ANY($1)"
	}, func(row pgx.CollectableRow) error {
		stream, cp, err := checkpoint(row)
		out[stream] = cp
		return err
	}, keys)
	return out, err
}

// checkpoint reads the row of a checkpoint.
func checkpoint(row pgx.CollectableRow) (stream es.StreamID, cp projection.Checkpoint, err error) {
	var (
		name                        string
		at                          *time.Time
		rises, state, slots, parked *string
	)
	if err := row.Scan(&name, &cp.Version, &cp.Hash, &cp.RowsWritten, &at, &cp.Owner, &cp.Behind, &rises, &cp.Appended,
		&state, &slots, &parked); err != nil {
		return stream, cp, err
	}
	if at != nil {
		cp.At = at.UTC()
	}
	if state != nil {
		cp.State = json.RawMessage(*state)
	}
	stream, err1 := streamOf(name)
	err2 := decode(rises, &cp.Rises)
	cp.Slots, err = readSlots(slots)
	err4 := decode(parked, &cp.Parked)
	if err := errors.Join(err1, err2, err, err4); err != nil {
		return stream, cp, fmt.Errorf("checkpoint of %s: %w", name, err)
	}
	return stream, cp, nil
}

// streamOf is the stream of a stored name.
func streamOf(stored string) (es.StreamID, error) {
	name, err := fullName(stored)
	if err != nil {
		return es.StreamID{}, err
	}
	return es.ParseStreamID(name)
}

// decode reads JSON, unless it is NULL.
func decode(text *string, out any) error {
	if text == nil {
		return nil
	}
	return json.Unmarshal([]byte(*text), out)
}

func readSlots(text *string) (slots []projection.Slot, err error) {
	var stored []storedSlot
	if err := decode(text, &stored); err != nil {
		return nil, err
	}
	for _, s := range stored {
		slot := projection.Slot{Key: projection.Key{Partition: s.Partition, Sort: s.Sort}}
		if s.Row != "" {
			slot.Row = json.RawMessage(s.Row)
		}
		slots = append(slots, slot)
	}
	return slots, nil
}

// Seen implements [projection.View].
func (v *View) Seen(ctx context.Context, g projection.Generation, stream es.StreamID, version int64) error {
	key, _ := v.cfg.Dialect.short(stream.String())
	parked := false
	err := v.query(ctx, g, func(l *layout) string {
		return "UPDATE " + l.table(documents) + " SET seen = GREATEST(seen, $2) WHERE stream = $1 AND parked IS NOT NULL RETURNING stream"
	}, func(pgx.CollectableRow) error {
		parked = true
		return nil
	}, key, version)
	if err == nil && !parked {
		return projection.ErrStale
	}
	return err
}

// pageRows is how many rows are read at once where nobody says how many are wanted.
const pageRows = 1000

// Parked implements [projection.View].
func (v *View) Parked(ctx context.Context, g projection.Generation) iter.Seq2[projection.ParkedStream, error] {
	return paged(func(after projection.ParkedStream, begun bool) (page []projection.ParkedStream, more bool, err error) {
		last := ""
		if begun {
			last, _ = v.cfg.Dialect.short(after.Stream.String())
		}
		err = v.query(ctx, g, func(l *layout) string {
			return fmt.Sprintf("SELECT COALESCE(name, stream), parked, COALESCE(seen, 0) FROM %s WHERE parked IS NOT NULL AND stream > $1 "+
				"ORDER BY stream LIMIT %d", l.table(documents), pageRows)
		}, func(row pgx.CollectableRow) error {
			var name, why string
			var p projection.ParkedStream
			err1 := row.Scan(&name, &why, &p.Seen)
			err2 := json.Unmarshal([]byte(why), &p.Parked)
			var err3 error
			p.Stream, err3 = streamOf(name)
			page = append(page, p)
			return errors.Join(err1, err2, err3)
		}, last)
		return page, len(page) == pageRows, err
	})
}

// paged yields the elements of pages. next reads the page after an element; more is false for the last page.
func paged[T any](next func(after T, begun bool) (page []T, more bool, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var after T
		for begun, more := false, true; more; begun = true {
			var page []T
			var err error
			page, more, err = next(after, begun)
			if err != nil {
				yield(after, err)
				return
			}
			for _, one := range page {
				if !yield(one, nil) {
					return
				}
				after = one
			}
		}
	}
}

// Rows implements [projection.View].
func (v *View) Rows(
	ctx context.Context, g projection.Generation, keys ...projection.RowKey,
) (map[projection.RowKey]projection.Row, error) {
	type wanted struct{ partitions, sorts []string }
	byKind := map[projection.RowKind]*wanted{}
	for _, key := range keys {
		if _, ok := suffixes[key.Kind]; !ok {
			return nil, fmt.Errorf("row %q: an indexed row can't be read by its key: list it", key.Key)
		}
		if byKind[key.Kind] == nil {
			byKind[key.Kind] = &wanted{}
		}
		if strings.Contains(key.Sort, "\x00") { // no row has such a key
			continue
		}
		w := byKind[key.Kind]
		short, _ := v.cfg.Dialect.short(key.Partition)
		w.partitions, w.sorts = append(w.partitions, short), append(w.sorts, key.Sort)
	}
	out := make(map[projection.RowKey]projection.Row, len(keys))
	for kind, w := range byKind {
		err := v.query(ctx, g, func(l *layout) string {
			return l.selected(kind) + " WHERE (t.partition, t.sort) IN (SELECT * FROM unnest($1::text[], $2::text[]))" + grouped(kind)
		}, func(row pgx.CollectableRow) error {
			key, one, err := readRow(kind, row)
			out[key] = one
			return err
		}, w.partitions, w.sorts)
		if err != nil {
			return nil, err
		}
	}
	return out, context.Cause(ctx)
}

// selected selects the rows of a kind: the two parts of the key, the row, the epoch, the names and values of counters.
func (l *layout) selected(kind projection.RowKind) string {
	columns := map[projection.RowKind]string{
		projection.OwnRow:      "t.row, 0::bigint, NULL::text[], NULL::text[]",
		projection.AppendedRow: "t.row, t.epoch, NULL::text[], NULL::text[]",
		projection.SharedRow:   "'', 0::bigint, array_agg(COALESCE(t.label, t.counter)), array_agg(t.value::text)",
	}
	return fmt.Sprintf("SELECT COALESCE(t.name, t.partition), t.sort, %s FROM %s t", columns[kind], l.table(suffixes[kind]))
}

// grouped makes one row of the counters of a key.
func grouped(kind projection.RowKind) string {
	if kind == projection.SharedRow {
		return " GROUP BY t.partition, t.name, t.sort"
	}
	return ""
}

// readRow reads a row that was selected.
func readRow(kind projection.RowKind, from pgx.CollectableRow) (key projection.RowKey, row projection.Row, err error) {
	var text string
	var names, numbers []string
	if err := from.Scan(&key.Partition, &key.Sort, &text, &row.Epoch, &names, &numbers); err != nil {
		return key, row, err
	}
	key.Kind = kind
	if key.Partition, err = fullName(key.Partition); err != nil {
		return key, row, err
	}
	if kind != projection.SharedRow {
		row.Row = json.RawMessage(text)
		return key, row, nil
	}
	row.Counters = make(map[string]projection.Number, len(names))
	for i, stored := range names {
		name, err := fullName(stored)
		if err != nil {
			return key, row, err
		}
		if row.Counters[name], err = projection.Decimal(numbers[i]); err != nil {
			return key, row, fmt.Errorf("row %q: counter %s: %w", key.Key, name, err)
		}
	}
	return key, row, nil
}

// List implements [projection.View].
func (v *View) List(
	ctx context.Context, g projection.Generation, l projection.Listing,
) iter.Seq2[projection.Listed, error] {
	size := cmp.Or(max(l.PageSize, 0), pageRows)
	partition, _ := v.cfg.Dialect.short(l.Partition)
	comparison, order := ">", "ASC"
	if l.Descending {
		comparison, order = "<", "DESC"
	}
	return paged(func(last projection.Listed, begun bool) (page []projection.Listed, more bool, err error) {
		if l.Kind == projection.IndexedRow && (l.Slot < 0 || l.Slot >= viewkit.MaxSlots) {
			return nil, false, fmt.Errorf("list %q: there is no list number %d", l.Partition, l.Slot)
		}
		args := []any{partition}
		after, key := "", "t.sort"
		if l.Kind == projection.IndexedRow {
			key = fmt.Sprintf("t.sort%d", l.Slot+1)
		}
		if begun || l.After != "" {
			after, args = fmt.Sprintf(" AND %s %s $2", key, comparison), append(args, cmp.Or(last.Key.Sort, l.After))
		}
		end := fmt.Sprintf(" ORDER BY %s %s LIMIT %d", key, order, size)
		err = v.query(ctx, g, func(at *layout) string {
			if l.Kind == projection.IndexedRow {
				return fmt.Sprintf("SELECT COALESCE(t.name, t.stream), t.slots FROM %s t WHERE t.partition%d = $1%s%s",
					at.table(documents), l.Slot+1, after, end)
			}
			return at.selected(l.Kind) + " WHERE t.partition = $1" + after + grouped(l.Kind) + end
		}, func(row pgx.CollectableRow) error {
			one, err := readListed(l, row)
			page = append(page, one)
			return err
		}, args...)
		return page, len(page) == size, err
	})
}

func readListed(l projection.Listing, from pgx.CollectableRow) (projection.Listed, error) {
	if l.Kind != projection.IndexedRow {
		key, row, err := readRow(l.Kind, from)
		return projection.Listed{Key: key.Key, Row: row}, err
	}
	var name, text string
	if err := from.Scan(&name, &text); err != nil {
		return projection.Listed{}, err
	}
	stream, err1 := streamOf(name)
	slots, err2 := readSlots(&text)
	if err := errors.Join(err1, err2); err != nil || l.Slot >= len(slots) {
		return projection.Listed{}, fmt.Errorf("slots of %s: %w", name, cmp.Or(err, errors.New("one is missing")))
	}
	slot := slots[l.Slot]
	return projection.Listed{Key: slot.Key, Row: projection.Row{Row: slot.Row}, Stream: stream}, nil
}

// Keys implements [projection.View].
func (v *View) Keys(ctx context.Context, g projection.Generation) iter.Seq2[projection.RowKey, error] {
	return func(yield func(projection.RowKey, error) bool) {
		for _, kind := range []projection.RowKind{projection.OwnRow, projection.AppendedRow, projection.SharedRow} {
			for key, err := range v.keys(ctx, g, kind) {
				if !yield(key, err) || err != nil {
					return
				}
			}
		}
	}
}

func (v *View) keys(ctx context.Context, g projection.Generation, kind projection.RowKind) iter.Seq2[projection.RowKey, error] {
	return paged(func(last projection.RowKey, begun bool) (page []projection.RowKey, more bool, err error) {
		partition, _ := v.cfg.Dialect.short(last.Partition)
		after := "($1 OR (t.partition, t.sort) > ($2, $3))"
		err = v.query(ctx, g, func(l *layout) string {
			return fmt.Sprintf("SELECT DISTINCT t.partition, t.name, t.sort FROM %s t WHERE %s ORDER BY t.partition, t.sort LIMIT %d",
				l.table(suffixes[kind]), after, pageRows)
		}, func(row pgx.CollectableRow) error {
			key := projection.RowKey{Kind: kind}
			var full *string
			err := row.Scan(&key.Partition, &full, &key.Sort)
			if full != nil {
				var malformed error
				key.Partition, malformed = fullName(*full)
				err = errors.Join(err, malformed)
			}
			page = append(page, key)
			return err
		}, !begun, partition, last.Sort)
		return page, len(page) == pageRows, err
	})
}
