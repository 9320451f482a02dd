package httpapi

import (
	"context"

	"github.com/annals-es/annals/internal/httpapi/route"
	"github.com/annals-es/annals/internal/paging"
)

// Paging is what every list is told.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"The most items in an answer"`
	Cursor string `query:"cursor" minLength:"1" maxLength:"4000" doc:"What the page before gave as next"`
}

// listOf is the input of a query for a list that belongs to one thing.
type listOf struct {
	Querying
	Paging
	ID ID `path:"id"`
}

// GetList registers a query for a list that belongs to what the id in the path names.
func GetList[S Session, T any](
	v Views[S], route route.Route, from Source,
	find func(S, context.Context, string, paging.Request) (paging.Page[T], error),
) {
	ServeQuery(v.API, route, func(ctx context.Context, in *listOf, w Awaited) (*Found[paging.Page[T]], error) {
		id := string(in.ID)
		return Turn(ctx, v.API, in.Paging, route, []string{id}, func(p paging.Request) (*Found[paging.Page[T]], error) {
			return Ask(ctx, v, w, Question[paging.Page[T]]{
				Model: from.Model, Cursor: p.Cursor, Stream: from.of(id), Customer: from.customer(id),
			}, func(ctx context.Context, s S) (paging.Page[T], error) { return find(s, ctx, id, p) })
		})
	})
}
