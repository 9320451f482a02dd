package readmodel

import (
	"context"
	"encoding/json"

	"github.com/annals-es/annals/internal/paging"
	"github.com/annals-es/annals/internal/payload"
	"github.com/annals-es/annals/pkg/es/projection"
)

type (
	// PageRequest says which part of a list is wanted.
	PageRequest = paging.Request
	// Page is a part of a list.
	Page[T any] = paging.Page[T]
	// LeftOut is a row that is not in its list.
	LeftOut = paging.LeftOut
)

// page reads a page of a list, and turns its rows into answers.
//
// Errors: [projection.ErrCursor].
func page[R, T any](
	ctx context.Context, s *Session, rows *projection.Rows[R], answer func(R, projection.Key) T, p PageRequest,
	q projection.Query,
) (Page[T], error) {
	q.Tokens = s.awaited
	return pageOf(ctx, s.opened, rows, answer, p, q)
}

// pageOf is page in any session. A row that can't be read is left out: it must not break the list for everybody.
//
// Errors: [projection.ErrCursor].
func pageOf[R, T any](
	ctx context.Context, s *projection.Session, rows *projection.Rows[R], answer func(R, projection.Key) T, p PageRequest,
	q projection.Query,
) (Page[T], error) {
	q.Limit, q.MaxBytes, q.Size = p.Limit, payload.PageBytes, func(row json.RawMessage) int { return payload.Size(row) }
	found, err := rows.Page(ctx, s, q)
	if err != nil {
		return Page[T]{}, err
	}
	out := Page[T]{Items: make([]T, 0, len(found.Items)), Next: found.Next}
	for _, item := range found.Items {
		if item.Err != nil {
			out.Leave(item.Key, item.Err)
			continue
		}
		out.Items = append(out.Items, answer(item.Row, item.Key))
	}
	return out, nil
}
