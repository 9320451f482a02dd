package cacheview

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// pageRows is how many documents or rows are read at once: the server holds them in memory twice meanwhile.
const pageRows = 250

// Checkpoints implements [projection.View]: one round trip for each 250 streams.
func (v *View) Checkpoints(
	ctx context.Context, g projection.Generation, streams ...es.StreamID,
) (map[es.StreamID]projection.Checkpoint, error) {
	out := make(map[es.StreamID]projection.Checkpoint, len(streams))
	for page := range slices.Chunk(streams, pageRows) {
		names := make([]any, len(page))
		for i, s := range page {
			names[i] = s.String()
		}
		found, err := v.run(ctx, g, readScript, names...)
		if err != nil {
			return nil, err
		}
		for _, s := range page {
			var cp projection.Checkpoint
			var is bool
			if cp, found, is, err = readCheckpoint(found); err != nil {
				return nil, fmt.Errorf("projection %s, generation %d: checkpoint of %s: %w", v.name, g, s, err)
			}
			if is {
				out[s] = cp
			}
		}
	}
	return out, context.Cause(ctx)
}

// readCheckpoint reads the next checkpoint of those that were found, if its stream has one. It returns the others.
func readCheckpoint(found []any) (cp projection.Checkpoint, others []any, is bool, err error) {
	if len(found) == 0 {
		return cp, nil, false, errMalformed
	}
	stored, is := found[0].(string)
	found = found[1:]
	if !is {
		return cp, found, false, nil
	}
	cp, flags, err := readDocument(stored)
	if err != nil || len(flags) > len(found) {
		return cp, nil, false, cmp.Or(err, errMalformed)
	}
	for i, flag := range flags {
		more, _ := found[i].(string)
		if flag == 'p' {
			p, err := readParked(more)
			if err != nil {
				return cp, nil, false, err
			}
			cp.Parked = &p.Parked
			continue
		}
		slot, _, err := readSlot(more)
		if err != nil {
			return cp, nil, false, err
		}
		for len(cp.Slots) < int(flag-'0') {
			cp.Slots = append(cp.Slots, projection.Slot{})
		}
		cp.Slots = append(cp.Slots, slot)
	}
	return cp, found[len(flags):], true, nil
}

// Rows implements [projection.View]: one round trip for each 250 rows.
func (v *View) Rows(
	ctx context.Context, g projection.Generation, keys ...projection.RowKey,
) (map[projection.RowKey]projection.Row, error) {
	out := make(map[projection.RowKey]projection.Row, len(keys))
	for page := range slices.Chunk(keys, pageRows) {
		var fields []any
		var counted []projection.RowKey
		for _, key := range page {
			switch key.Kind {
			case projection.SharedRow:
				fields, counted = append(fields, place(key.Key, "")), append(counted, key)
			case projection.IndexedRow:
				return nil, fmt.Errorf("row %.99q: an indexed row can't be read by its key: list it", key.Key)
			default: // there are none
			}
		}
		found, err := v.run(ctx, g, rowsScript, fields...)
		if err != nil {
			return nil, err
		}
		for i, stored := range found {
			text, is := stored.(string)
			if !is {
				continue
			}
			if out[counted[i]], err = readCounters(text); err != nil {
				return nil, fmt.Errorf("projection %s, generation %d: row %.99q: %w", v.name, g, counted[i].Key, err)
			}
		}
	}
	return out, context.Cause(ctx)
}

// span is a part of an order.
type span struct {
	hash       int    // whose order it is
	from, to   string // the bounds, from is the one to begin at
	descending bool
	skip       int // see page.lua
}

// all is everything in an order but the placeholder.
func all(hash int) span { return span{hash: hash, from: "(", to: "+"} }

// entry is a member of an order with its value.
type entry struct{ member, value string }

// entries yields a span, a page at a time.
func (v *View) entries(ctx context.Context, g projection.Generation, s span, size int) iter.Seq2[entry, error] {
	command := "ZRANGEBYLEX"
	if s.descending {
		command = "ZREVRANGEBYLEX"
	}
	return func(yield func(entry, error) bool) {
		for {
			found, err := v.run(ctx, g, pageScript, command, s.hash, s.from, s.to, size, s.skip)
			if err != nil {
				yield(entry{}, err)
				return
			}
			for pair := range slices.Chunk(found, 2) {
				member, _ := pair[0].(string)
				value, _ := pair[1].(string)
				if !yield(entry{member, value}, nil) {
					return
				}
				s.from = "(" + member
			}
			if len(found) < 2*size {
				return
			}
		}
	}
}

// read yields what is read from entries.
func read[T any](entries iter.Seq2[entry, error], one func(entry) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for e, err := range entries {
			var out T
			if err == nil {
				if out, err = one(e); err != nil {
					err = fmt.Errorf("%.99q: %w", e.member, err)
				}
			}
			if !yield(out, err) || err != nil {
				return
			}
		}
	}
}

// Parked implements [projection.View]: one round trip for each 250 streams.
func (v *View) Parked(ctx context.Context, g projection.Generation) iter.Seq2[projection.ParkedStream, error] {
	return read(v.entries(ctx, g, all(parkedHash), pageRows), func(e entry) (projection.ParkedStream, error) {
		p, err := readParked(e.value)
		stream, malformed := es.ParseStreamID(e.member)
		p.Stream = stream
		return p, errors.Join(err, malformed)
	})
}

// Keys implements [projection.View]: one round trip for each 250 rows.
func (v *View) Keys(ctx context.Context, g projection.Generation) iter.Seq2[projection.RowKey, error] {
	return read(v.entries(ctx, g, all(countersHash), pageRows), func(e entry) (projection.RowKey, error) {
		key, _, err := readPlace(e.member)
		return projection.RowKey{Key: key, Kind: projection.SharedRow}, err
	})
}

// List implements [projection.View]: one round trip for each page, of at most 250 rows. It is strongly consistent, for
// lists over an index too.
func (v *View) List(
	ctx context.Context, g projection.Generation, l projection.Listing,
) iter.Seq2[projection.Listed, error] {
	s, err := listing(l)
	if err != nil {
		return func(yield func(projection.Listed, error) bool) { yield(projection.Listed{}, err) }
	}
	size := min(cmp.Or(max(l.PageSize, 0), pageRows), pageRows)
	return read(v.entries(ctx, g, s, size), func(e entry) (projection.Listed, error) {
		if l.Kind == projection.IndexedRow {
			slot, stream, err := readSlot(e.value)
			return projection.Listed{Key: slot.Key, Row: projection.Row{Row: slot.Row}, Stream: stream}, err
		}
		key, _, err := readPlace(e.member)
		row, malformed := readCounters(e.value)
		return projection.Listed{Key: key, Row: row}, errors.Join(err, malformed)
	})
}

// listing is where the rows of a listing are.
func listing(l projection.Listing) (span, error) {
	head := partition(l.Partition)
	s := span{from: "[" + head, to: "(" + head[:len(head)-1] + ";", descending: l.Descending} // ";" comes after ":"
	switch l.Kind {
	case projection.SharedRow:
		s.hash = countersHash
	case projection.IndexedRow:
		if l.Slot < 0 || l.Slot >= viewkit.MaxSlots {
			return s, fmt.Errorf("list %q: there is no list number %d", l.Partition, l.Slot)
		}
		s.hash, s.skip = listHash+2*l.Slot, len(head)+1
	case projection.OwnRow:
		return s, fmt.Errorf("list %q: %w: a cache holds no own rows", l.Partition, projection.ErrRefused)
	default:
		return s, fmt.Errorf("list %q: %w", l.Partition, errAppend)
	}
	if l.Descending {
		s.from, s.to = s.to, s.from
		if l.After != "" {
			s.from = "(" + head + escaped(l.After) + endOfSort
		}
	} else if l.After != "" {
		s.from = "[" + head + escaped(l.After) + afterSort
	}
	return s, nil
}
