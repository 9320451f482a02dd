package httpapi

import (
	"context"
	"net/http"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/api/routes"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/readmodel"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// Queries returns the handler of all queries: on the read models, and on the event store for what is past, for the audit
// trail, and for what a read model does not show yet.
func Queries(models *readmodel.Models, events Events, cfg Config) http.Handler {
	a := newAPI(cfg)
	a.queries(models, events)
	return a.handler()
}

func (a *api) queries(models *readmodel.Models, events Events) {
	a.models, a.events = models, events
	accounts, orders, products := account.Aggregate.Stream, order.Aggregate.Stream, product.Aggregate.Stream
	getPast(a, routes.GetAccount, source{model: tables.AccountSummary, stream: accounts}, (*readmodel.Session).Account, readmodel.AccountAt)
	getList(a, routes.GetStatement, source{model: tables.AccountStatement, stream: accounts}, (*readmodel.Session).Statement)
	getPast(a, routes.GetOrder, source{model: tables.OrderSummary, stream: orders}, (*readmodel.Session).Order, readmodel.OrderAt)
	a.listOrders()
	getList(a, routes.ListCustomerOrders, source{model: tables.CustomerOrders, ofCustomer: true}, (*readmodel.Session).CustomerOrders)
	getPast(a, routes.GetProduct, source{model: tables.ProductCatalog, stream: products}, (*readmodel.Session).Product, readmodel.ProductAt)
	get(a, routes.GetProductInventory, source{model: tables.ProductInventory, stream: products}, (*readmodel.Session).Inventory)
	get(a, routes.GetProductSales, source{model: tables.ProductSales, stream: products}, (*readmodel.Session).Sales)
	a.topSales()
	a.stream()
	//annals:new queries
}

// source is what answers a query about what the id in its path names.
type source struct {
	// model is the read model's name.
	model string
	// stream is the stream of an id. nil = the answer is about many streams.
	stream func(id string) es.StreamID
	// ofCustomer says that the id is a customer's.
	ofCustomer bool
}

func (s source) customer(id string) string {
	if s.ofCustomer {
		return id
	}
	return ""
}

func (s source) of(id string) es.StreamID {
	if s.stream == nil {
		return es.StreamID{}
	}
	return s.stream(id)
}

// Querying is what every query is told.
type Querying struct {
	Correlated
	Awaiting
}

// querying is the input of a query.
type querying[I any] interface {
	*I
	awaits() (awaited, error)
}

// serveQuery registers the query behind a route, which a read model answers.
func serveQuery[I, O any, P querying[I]](a *api, route routes.Route, handle func(context.Context, P, awaited) (*O, error)) {
	serve(a, route, http.StatusOK, func(ctx context.Context, in *I) (*O, error) {
		w, err := P(in).awaits()
		if err != nil {
			return nil, err
		}
		return handle(ctx, in, w)
	})
	a.documentLag(route)
}

// one is the input of a query for one thing.
type one struct {
	Querying
	ID ID `path:"id"`
}

// get registers a query for what the id in the path names.
func get[T any](a *api, route routes.Route, from source, find func(*readmodel.Session, context.Context, string) (T, error)) {
	serveQuery(a, route, func(ctx context.Context, in *one, w awaited) (*document[T], error) {
		id := string(in.ID)
		return ask(ctx, a, w, question[T]{
			model: from.model, stream: from.of(id),
			read: func(ctx context.Context, s *readmodel.Session) (T, error) { return find(s, ctx, id) },
		})
	})
}

// top is the input of GET /products/sales.
type top struct {
	Querying
	Top int `query:"top" minimum:"1" maximum:"1000" default:"10" doc:"The most products: fewer where more would be too large an answer"`
}

func (a *api) topSales() {
	type page = readmodel.Page[readmodel.ProductSales]
	serveQuery(a, routes.TopProductSales, func(ctx context.Context, in *top, w awaited) (*document[page], error) {
		read := func(ctx context.Context, s *readmodel.Session) (page, error) {
			return s.TopSales(ctx, in.Top)
		}
		out, err := ask(ctx, a, w, question[page]{model: tables.ProductSales, read: read})
		return report(ctx, a, routes.TopProductSales, out, err)
	})
}
