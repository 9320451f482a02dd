package httpapi

import (
	"context"

	"github.com/annals-es/annals/shop/api/routes"
	"github.com/annals-es/annals/shop/readmodel"
	"github.com/annals-es/annals/shop/readmodel/tables"
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

// getList registers a query for a list that belongs to what the id in the path names.
func getList[T any](
	a *api, route routes.Route, from source,
	find func(*readmodel.Session, context.Context, string, readmodel.PageRequest) (readmodel.Page[T], error),
) {
	serveQuery(a, route, func(ctx context.Context, in *listOf, w awaited) (*document[readmodel.Page[T]], error) {
		id := string(in.ID)
		return turn(ctx, a, in.Paging, route, []string{id}, func(p readmodel.PageRequest) (*document[readmodel.Page[T]], error) {
			return ask(ctx, a, w, question[readmodel.Page[T]]{
				model: from.model, cursor: p.Cursor, stream: from.of(id), customer: from.customer(id),
				read: func(ctx context.Context, s *readmodel.Session) (readmodel.Page[T], error) { return find(s, ctx, id, p) },
			})
		})
	})
}

// listing is the input of GET /orders.
type listing struct {
	Querying
	Paging
	Status string `query:"status" required:"true" enum:"active" doc:"Which orders: active = placed, and neither delivered nor cancelled"`
}

func (a *api) listOrders() {
	type page = readmodel.Page[readmodel.OrderSummary]
	serveQuery(a, routes.ListOrders, func(ctx context.Context, in *listing, w awaited) (*document[page], error) {
		return turn(ctx, a, in.Paging, routes.ListOrders, []string{in.Status}, func(p readmodel.PageRequest) (*document[page], error) {
			return ask(ctx, a, w, question[page]{
				model: tables.ActiveOrders, cursor: p.Cursor,
				read: func(ctx context.Context, s *readmodel.Session) (page, error) { return s.ActiveOrders(ctx, p) },
			})
		})
	})
}
