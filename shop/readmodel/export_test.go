package readmodel

import (
	"context"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// View is the table of a read model, for tests that write rows past its projection.
func (m *Models) View(name string) *dynamoview.View { return m.views[name] }

// CountsKey is the key of what is counted of a product; TopOf are the products that sold best, by their counters.
var (
	CountsKey = countsKey
	TopOf     = topOf
)

// asked is what a session of its own answers.
func asked[T any](ctx context.Context, m *Models, name, cursor string, ask func(*Session) (T, error)) (T, error) {
	s, err := m.Session(ctx, name, cursor)
	if err != nil {
		var none T
		return none, err
	}
	return ask(s)
}

// What sessions answer, each time from a new one.

func (m *Models) Account(ctx context.Context, id string) (Account, error) {
	return asked(ctx, m, tables.Accounts, "", func(s *Session) (Account, error) { return s.Account(ctx, id) })
}

func (m *Models) Statement(ctx context.Context, id string, p PageRequest) (Page[Movement], error) {
	return asked(ctx, m, tables.Accounts, p.Cursor, func(s *Session) (Page[Movement], error) { return s.Statement(ctx, id, p) })
}

func (m *Models) Order(ctx context.Context, id string) (OrderSummary, error) {
	return asked(ctx, m, tables.Orders, "", func(s *Session) (OrderSummary, error) { return s.Order(ctx, id) })
}

func (m *Models) ActiveOrders(ctx context.Context, p PageRequest) (Page[OrderSummary], error) {
	return asked(ctx, m, tables.Orders, p.Cursor, func(s *Session) (Page[OrderSummary], error) { return s.ActiveOrders(ctx, p) })
}

func (m *Models) CustomerOrders(ctx context.Context, id string, p PageRequest) (Page[OrderSummary], error) {
	return asked(ctx, m, tables.Orders, p.Cursor, func(s *Session) (Page[OrderSummary], error) { return s.CustomerOrders(ctx, id, p) })
}

func (m *Models) Product(ctx context.Context, id string) (Product, error) {
	return asked(ctx, m, tables.ProductCatalog, "", func(s *Session) (Product, error) { return s.Product(ctx, id) })
}

func (m *Models) Inventory(ctx context.Context, id string) (Inventory, error) {
	return asked(ctx, m, tables.ProductCounts, "", func(s *Session) (Inventory, error) { return s.Inventory(ctx, id) })
}

func (m *Models) Sales(ctx context.Context, id string) (ProductSales, error) {
	return asked(ctx, m, tables.ProductCounts, "", func(s *Session) (ProductSales, error) { return s.Sales(ctx, id) })
}

func (m *Models) TopSales(ctx context.Context, top int) (Page[ProductSales], error) {
	return asked(ctx, m, tables.ProductCounts, "", func(s *Session) (Page[ProductSales], error) { return s.TopSales(ctx, top) })
}

// NewAt returns all read models with a clock.
func NewAt(store es.Reader, client dynamoview.Client, tableName func(tables.Table) string, now func() time.Time) *Models {
	return of(all, store, client, tableName, now)
}

// Through has one read model read through another view.
func (m *Models) Through(store es.Reader, name string, view func(projection.View) projection.View) {
	for i := range m.subscriptions {
		if sub := &m.subscriptions[i]; sub.Projection.Name() == name {
			sub.View = view(sub.View)
		}
	}
	m.reader = projection.NewReader(store, m.catalog, projection.ReaderConfig{}, m.subscriptions...)
}
