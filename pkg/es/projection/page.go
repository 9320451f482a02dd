package projection

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/annals-es/annals/pkg/es"
)

// Query says which rows of a list to read.
type Query struct {
	// Partitions hold the rows. Their rows are merged by sort key.
	Partitions []string
	Descending bool
	// Limit is the largest number of rows in the page, from 1. Rows that have the same sort key in several partitions
	// always share a page, even if that exceeds the limit.
	Limit int
	// MaxBytes limits the size of the page: it ends before the row that would exceed MaxBytes, but has at least one
	// row. 0 = no limit.
	MaxBytes int
	// Size returns how many bytes a row counts as. Default: its length.
	Size func(row json.RawMessage) int
	// Tokens are the streams whose documents the list must show as they are now: those that the caller waited for, see
	// [Session.Progress]. A list over an index may lag, so these documents are read from their checkpoints. The cursor
	// keeps the tokens.
	Tokens []es.StreamID
}

// Page is a part of a list.
type Page[R any] struct {
	Items []Item[R]
	// Next is the cursor of the next page, empty if this is the last: see [Reader.OpenAt]. It contains keys of rows in
	// plain text: seal it before you give it to clients.
	Next string
}

// Item is a row of a list, or the error why it can't be decoded.
type Item[R any] struct {
	Row R
	Key Key
	Err error
}

// Page lists rows, from the beginning or from the session's cursor.
//
// Errors: [ErrCursor]; the view's.
func (r *Rows[R]) Page(ctx context.Context, s *Session, q Query) (Page[R], error) {
	l, err := s.list(r.rows, q)
	if err != nil {
		return Page[R]{}, err
	}
	found, next, err := l.page(ctx)
	if err != nil {
		return Page[R]{}, fmt.Errorf("%s: list %s: %w", s.Name(), r.name, err)
	}
	page := Page[R]{Items: make([]Item[R], len(found)), Next: next}
	for i, row := range found {
		page.Items[i].Key = row.Key
		page.Items[i].Err = s.decode(row.Row.Row, &page.Items[i].Row)
	}
	return page, nil
}

// cursor is where a list continues. It contains the generation: a list continues in the build that it began in.
type cursor struct {
	Generation Generation    `json:"g"`
	List       string        `json:"l"`
	Sort       string        `json:"s"`
	Tokens     []es.StreamID `json:"t,omitempty"`
}

func (c cursor) String() string {
	text, _ := json.Marshal(c) // its fields can always be encoded
	return base64.RawURLEncoding.EncodeToString(text)
}

// maxSortBytes is DynamoDB's limit for sort keys. They must be UTF-8. A query with any other key is an error.
const maxSortBytes = 1024

func parseCursor(text string) (c cursor, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, &c) != nil || c.Sort == "" || len(c.Sort) > maxSortBytes ||
		!utf8.ValidString(c.Sort) {
		return cursor{}, ErrCursor
	}
	return c, nil
}

// list reads one page of a list.
type list struct {
	*Session
	rows rows
	slot int
	q    Query
}

func (s *Session) list(r rows, q Query) (*list, error) {
	declared := slices.IndexFunc(s.fold.lists(), func(d rows) bool { return d.name == r.name && d.kind == r.kind })
	if declared < 0 {
		return nil, fmt.Errorf("projection %s, fold version %d, has no list %q", s.Name(), s.fold.FoldVersion(), r.name)
	}
	if s.cursor.Sort != "" && s.cursor.List != r.name {
		return nil, ErrCursor
	}
	if q.Size == nil {
		q.Size = func(row json.RawMessage) int { return len(row) }
	}
	for _, t := range s.cursor.Tokens {
		if !slices.Contains(q.Tokens, t) {
			q.Tokens = append(slices.Clip(q.Tokens), t)
		}
	}
	q.Limit = max(q.Limit, 1)
	l := &list{Session: s, rows: s.fold.lists()[declared], q: q}
	if r.kind == IndexedRow {
		l.slot = indexOf(s.fold.lists(), r.name)
	} else {
		l.q.Tokens = nil
	}
	return l, nil
}

// page reads at least one row more than fits, to know whether there is a next page.
func (l *list) page(ctx context.Context) (rows []Listed, next string, err error) {
	overlay, err := l.overlay(ctx)
	if err != nil {
		return nil, "", err
	}
	found := make([][]Listed, len(l.q.Partitions))
	err = parallel(ctx, len(found), func(ctx context.Context, i int) (err error) {
		found[i], err = l.part(ctx, l.q.Partitions[i], overlay)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	all := slices.Concat(found...)
	for _, row := range overlay {
		if slices.Contains(l.q.Partitions, row.Key.Partition) &&
			(l.cursor.Sort == "" || l.before(l.cursor.Sort, row.Key.Sort)) {
			all = append(all, row)
		}
	}
	slices.SortFunc(all, func(a, b Listed) int {
		if l.q.Descending {
			a, b = b, a
		}
		return cmp.Compare(a.Key.Sort, b.Key.Sort)
	})
	n := whole(all, l.fit(all))
	if n == len(all) {
		return all, "", nil
	}
	c := cursor{l.Build.Generation, l.rows.name, all[n-1].Key.Sort, l.q.Tokens}
	return all[:n], c.String(), nil
}

// part reads the rows of one partition.
func (l *list) part(ctx context.Context, partition string, overlay map[es.StreamID]Listed) (all []Listed, err error) {
	var read []Listed
	bytes := 0
	at := map[es.StreamID]Checkpoint{}
	for row, err := range l.sub.View.List(ctx, l.Build.Generation, Listing{
		Kind: l.rows.kind, Slot: l.slot, Partition: partition, After: l.cursor.Sort, Descending: l.q.Descending,
		PageSize: l.q.Limit + 1,
	}) {
		if err != nil {
			return nil, err
		}
		if _, overlaid := overlay[row.Stream]; overlaid && l.rows.kind == IndexedRow {
			continue
		}
		if l.rows.kind == AppendedRow && len(row.Row.Row) == 0 { // a refold emptied it: see AppendRow
			continue
		}
		read = append(read, row)
		bytes += l.q.Size(row.Row.Row)
		if len(all)+len(read) <= l.q.Limit && (l.q.MaxBytes == 0 || bytes <= l.q.MaxBytes) {
			continue
		}
		if all, err = l.shown(ctx, at, all, read); err != nil || l.fit(all) < len(all) {
			return all, err
		}
		read, bytes = nil, 0
	}
	return l.shown(ctx, at, all, read)
}

// shown appends the visible ones among the rows. It reads the checkpoint of each stream that appended a row once.
func (l *list) shown(ctx context.Context, at map[es.StreamID]Checkpoint, all, read []Listed) ([]Listed, error) {
	if l.rows.kind != AppendedRow {
		return append(all, read...), nil
	}
	unknown := map[es.StreamID]bool{}
	for _, row := range read {
		stream, err := appendedBy(row.Key)
		if err != nil {
			return nil, err
		}
		if _, known := at[stream]; !known {
			unknown[stream] = true
		}
	}
	if len(unknown) > 0 {
		found, err := l.asShown(ctx, slices.Collect(maps.Keys(unknown))...)
		if err != nil {
			return nil, err
		}
		for stream := range unknown {
			at[stream] = found[stream]
		}
	}
	for _, row := range read {
		stream, _ := appendedBy(row.Key) // parsed above without error
		if at[stream].Shows(AppendRow{Key: row.Key, Epoch: row.Epoch, Row: row.Row.Row}) {
			all = append(all, row)
		}
	}
	return all, nil
}

// overlay are the documents that the caller waited for, as they are now. A document that is not in the list has the
// zero key.
func (l *list) overlay(ctx context.Context) (map[es.StreamID]Listed, error) {
	var streams []es.StreamID
	for _, t := range l.q.Tokens {
		if l.Reads(t.Type) {
			streams = append(streams, t)
		}
	}
	if len(streams) == 0 {
		return nil, nil
	}
	at, err := l.asShown(ctx, streams...)
	if err != nil {
		return nil, err
	}
	out := map[es.StreamID]Listed{}
	for stream, cp := range at {
		out[stream] = Listed{}
		if l.slot < len(cp.Slots) {
			s := cp.Slots[l.slot]
			out[stream] = Listed{Key: s.Key, Row: Row{Row: s.Row}, Stream: stream}
		}
	}
	return out, nil
}

// before reports whether sort key a comes before b in the list.
func (l *list) before(a, b string) bool {
	if l.q.Descending {
		return a > b
	}
	return a < b
}

// whole is how many rows go on one page if fit rows have room. Rows that have the same sort key in several partitions
// stay together, because the cursor is that key.
func whole(rows []Listed, fit int) int {
	ends := func(n int) bool { return n == len(rows) || rows[n-1].Key.Sort != rows[n].Key.Sort }
	for n := fit; n > 0; n-- {
		if ends(n) {
			return n
		}
	}
	n := fit
	for n > 0 && !ends(n) {
		n++
	}
	return n
}

// fit is how many of the rows fit on one page.
func (l *list) fit(rows []Listed) int {
	bytes := 0
	for i, row := range rows {
		bytes += l.q.Size(row.Row.Row)
		if i == l.q.Limit || i > 0 && l.q.MaxBytes > 0 && bytes > l.q.MaxBytes {
			return i
		}
	}
	return len(rows)
}
