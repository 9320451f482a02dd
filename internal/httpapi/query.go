package httpapi

import (
	"context"
	"net/http"

	"github.com/annals-es/annals/internal/httpapi/routes"
	"github.com/annals-es/annals/internal/readmodel"
	"github.com/annals-es/annals/pkg/es"
)

// Queries returns the handler of all queries: on the read models, and on the event store for the audit trail.
func Queries(models *readmodel.Models, events es.Reader, cfg Config) http.Handler {
	a := newAPI(cfg)
	a.queries(models, events)
	return a.handler()
}

func (a *api) queries(models *readmodel.Models, events es.Reader) {
	getPast(a, routes.GetAccount, events, models.Account, readmodel.AccountAt)
	getList(a, routes.GetStatement, models.Statement)
	getPast(a, routes.GetOrder, events, models.Order, readmodel.OrderAt)
	a.listOrders(models)
	getList(a, routes.ListCustomerOrders, models.CustomerOrders)
	get(a, routes.GetProduct, models.Product)
	get(a, routes.GetProductInventory, models.Inventory)
	get(a, routes.GetProductSales, models.Sales)
	a.topSales(models)
	a.stream(events)
}

// document is an answer with one thing in it.
type document[T any] struct{ Body T }

// one is the input of a query for one thing.
type one struct {
	Correlated
	ID ID `path:"id"`
}

// get registers a query for what the id in the path names.
func get[T any](a *api, route routes.Route, find func(context.Context, string) (T, error)) {
	serve(a, route, http.StatusOK, func(ctx context.Context, in *one) (*document[T], error) {
		found, err := find(ctx, string(in.ID))
		return &document[T]{found}, err
	})
}

// Paging is what every list is told.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"The most items in an answer"`
	Cursor string `query:"cursor" maxLength:"4000" doc:"What the page before gave as next"`
}

func (p Paging) page() readmodel.PageRequest {
	return readmodel.PageRequest{Limit: p.Limit, Cursor: p.Cursor}
}

// listOf is the input of a query for a list that belongs to one thing.
type listOf struct {
	Correlated
	Paging
	ID ID `path:"id"`
}

// getList registers a query for a list that belongs to what the id in the path names.
func getList[T any](
	a *api, route routes.Route, find func(context.Context, string, readmodel.PageRequest) (readmodel.Page[T], error),
) {
	serve(a, route, http.StatusOK, func(ctx context.Context, in *listOf) (*document[readmodel.Page[T]], error) {
		found, err := find(ctx, string(in.ID), in.page())
		return &document[readmodel.Page[T]]{found}, err
	})
}

// listing is the input of GET /orders.
type listing struct {
	Correlated
	Paging
	Status string `query:"status" required:"true" enum:"active" doc:"Which orders: active = placed, and neither delivered nor cancelled"`
}

func (a *api) listOrders(models *readmodel.Models) {
	serve(a, routes.ListOrders, http.StatusOK, func(ctx context.Context, in *listing) (*document[readmodel.Page[readmodel.OrderSummary]], error) {
		found, err := models.ActiveOrders(ctx, in.page())
		return &document[readmodel.Page[readmodel.OrderSummary]]{found}, err
	})
}

// top is the input of GET /products/sales.
type top struct {
	Correlated
	Top int `query:"top" minimum:"1" maximum:"1000" default:"10" doc:"How many products"`
}

func (a *api) topSales(models *readmodel.Models) {
	serve(a, routes.TopProductSales, http.StatusOK, func(ctx context.Context, in *top) (*document[readmodel.Page[readmodel.ProductSales]], error) {
		found, err := models.TopSales(ctx, in.Top)
		return &document[readmodel.Page[readmodel.ProductSales]]{readmodel.Page[readmodel.ProductSales]{Items: found}}, err
	})
}
