package readmodel

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/annals-es/annals/internal/paging"
	"github.com/annals-es/annals/internal/payload"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

type (
	// PageRequest says which part of a list is wanted.
	PageRequest = paging.Request
	// Page is a part of a list.
	Page[T any] = paging.Page[T]
	// LeftOut is a row that is not in its list.
	LeftOut = paging.LeftOut
)

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
			out.Leave(rows.Keys[i], err)
			continue
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}
