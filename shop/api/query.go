package api

import (
	"context"
	"net/http"

	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/api/routes"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/readmodel"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// views are the shop's read models.
type views = httpapi.Views[*readmodel.Session]

// Queries returns the handler of all queries: on the read models, and on the event store for what is past, for the audit
// trail, and for what a read model does not show yet.
func Queries(models *readmodel.Models, events httpapi.Events, cfg httpapi.Config) http.Handler {
	a := newAPI(Config{Config: cfg}, events)
	a.queries(models)
	return a.Handler()
}

func (a *api) queries(models *readmodel.Models) {
	v := views{API: a.API, Session: models.Session}
	accounts, orders, products := account.Aggregate.Stream, order.Aggregate.Stream, product.Aggregate.Stream
	httpapi.GetPast(v, routes.GetAccount, httpapi.Source{Model: tables.Accounts, Stream: accounts}, (*readmodel.Session).Account, readmodel.AccountAt)
	httpapi.GetList(v, routes.GetStatement, httpapi.Source{Model: tables.Accounts, Stream: accounts}, (*readmodel.Session).Statement)
	httpapi.GetPast(v, routes.GetOrder, httpapi.Source{Model: tables.Orders, Stream: orders}, (*readmodel.Session).Order, readmodel.OrderAt)
	listOrders(v)
	httpapi.GetList(v, routes.ListCustomerOrders, httpapi.Source{Model: tables.Orders, OfCustomer: true}, (*readmodel.Session).CustomerOrders)
	httpapi.GetPast(v, routes.GetProduct, httpapi.Source{Model: tables.ProductCatalog, Stream: products}, (*readmodel.Session).Product, readmodel.ProductAt)
	httpapi.Get(v, routes.GetProductInventory, httpapi.Source{Model: tables.ProductCounts, Stream: products}, (*readmodel.Session).Inventory)
	httpapi.Get(v, routes.GetProductSales, httpapi.Source{Model: tables.ProductCounts, Stream: products}, (*readmodel.Session).Sales)
	topSales(v)
	httpapi.Trail(a.API, routes.GetStream)
	//annals:new queries
}

// listing is the input of GET /orders.
type listing struct {
	httpapi.Querying
	httpapi.Paging
	Status string `query:"status" required:"true" enum:"active" doc:"Which orders: active = placed, and neither delivered nor cancelled"`
}

func listOrders(v views) {
	type page = readmodel.Page[readmodel.OrderSummary]
	httpapi.ServeQuery(v.API, routes.ListOrders, func(ctx context.Context, in *listing, w httpapi.Awaited) (*httpapi.Found[page], error) {
		return httpapi.Turn(ctx, v.API, in.Paging, routes.ListOrders, []string{in.Status}, func(p readmodel.PageRequest) (*httpapi.Found[page], error) {
			return httpapi.Ask(ctx, v, w, httpapi.Question[page]{Model: tables.Orders, Cursor: p.Cursor},
				func(ctx context.Context, s *readmodel.Session) (page, error) { return s.ActiveOrders(ctx, p) })
		})
	})
}

// top is the input of GET /products/sales.
type top struct {
	httpapi.Querying
	Top int `query:"top" minimum:"1" maximum:"1000" default:"10" doc:"The most products: fewer where more would be too large an answer"`
}

func topSales(v views) {
	type page = readmodel.Page[readmodel.ProductSales]
	httpapi.ServeQuery(v.API, routes.TopProductSales, func(ctx context.Context, in *top, w httpapi.Awaited) (*httpapi.Found[page], error) {
		read := func(ctx context.Context, s *readmodel.Session) (page, error) {
			return s.TopSales(ctx, in.Top)
		}
		out, err := httpapi.Ask(ctx, v, w, httpapi.Question[page]{Model: tables.ProductCounts}, read)
		return httpapi.Report(ctx, v.API, routes.TopProductSales, out, err)
	})
}
