package readmodel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/annals-es/annals/internal/payload"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// PageRequest says which part of a list is wanted.
type PageRequest struct {
	// Limit is the most items, from 1.
	Limit int
	// Cursor is what the page before gave as Next, "" for the first page.
	Cursor string
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the page after this; absent on the last page.
	Next string `json:"next,omitempty"`
	// Unreadable is how many items are left out of this page since their rows can't be read.
	Unreadable int `json:"unreadable,omitempty" doc:"How many items are left out of this page since their rows can't be read"`
	// LeftOut are these rows.
	LeftOut []LeftOut `json:"-"`
}

// LeftOut is a row that is not in its list. It may be logged: it holds nothing of the row.
type LeftOut struct {
	Key projection.Key
	// Why is the type of the error. The error itself may cite the row.
	Why string
}

// leave leaves a row out.
func (p *Page[T]) leave(key projection.Key, err error) {
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		err = cause
	}
	p.Unreadable++
	p.LeftOut = append(p.LeftOut, LeftOut{Key: key, Why: fmt.Sprintf("%T", err)})
}

// page reads a page of rows. A row that can't be read is left out: it must not break the list for everybody.
//
// Errors: [projection.ErrCursor].
func page[T any](ctx context.Context, m *Models, name string, list dynamoview.List) (Page[T], error) {
	r, err := m.reader(ctx, name, list.Cursor)
	if err != nil {
		return Page[T]{}, err
	}
	list.MaxBytes, list.Size = payload.PageBytes, func(row json.RawMessage) int { return payload.Size(row) }
	rows, err := r.Rows(ctx, list)
	if err != nil {
		return Page[T]{}, fmt.Errorf("%s: %w", name, err)
	}
	out := Page[T]{Items: make([]T, 0, len(rows.Rows)), Next: rows.Next}
	for i, row := range rows.Rows {
		var item T
		if err := r.decode(row, &item); err != nil {
			out.leave(rows.Keys[i], err)
			continue
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}
