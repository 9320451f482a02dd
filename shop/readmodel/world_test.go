package readmodel_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/readmodel"
)

// models are the shop's read models on tables of their own.
type models struct {
	*annals.Running
	catalog *dynamoview.Catalog
	views   map[string]projection.View
}

// tableNames are the names of tables on DynamoDB, by their names inside the service.
type tableNames map[string]string

// newTables makes the tables of all read models.
func newTables(t *testing.T) tableNames {
	t.Helper()
	names := tableNames{}
	for _, table := range append(annalsaws.ReadTables(shop.New().On()), annalsaws.Projections) {
		names[table.Name] = dynamotest.Table(t, dynamotest.Client(t), dynamotest.Unread(table.Table))
	}
	return names
}

// openModels opens the read models. through may wrap the view of a name.
func openModels(
	t *testing.T, store es.Store, client dynamoview.Client, names tableNames, now func() time.Time,
	through map[string]func(projection.View) projection.View,
) *models {
	t.Helper()
	m := &models{
		catalog: dynamoview.NewCatalog(client, names[annalsaws.Projections.Name]), views: map[string]projection.View{},
	}
	running, err := shop.New().On().Open(annals.Stores{Events: store, Catalog: m.catalog,
		Views: func(name string) projection.View {
			m.views[name] = dynamoview.New(client, names[name])
			if wrap := through[name]; wrap != nil {
				m.views[name] = wrap(m.views[name])
			}
			return m.views[name]
		}}, annals.Config{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	m.Running = running
	return m
}

func newModels(t *testing.T, store es.Store) (*models, *projection.Engine) {
	t.Helper()
	m := openModels(t, store, dynamotest.Client(t), newTables(t), nil, nil)
	return m, projection.NewEngine(store, m.catalog, projection.Config{}, m.Subscriptions...)
}

// pageOf is the part of a list to read.
type pageOf struct {
	Limit  int
	Cursor string
	tokens []es.StreamID
}

// reading is what answers a query now: the first of its read models that is filled.
func (m *models) reading(ctx context.Context, query string) (annals.Reading, error) {
	i := slices.IndexFunc(m.Service.Operations, func(o *annals.Operation) bool { return o.ID == query })
	all := m.Service.Operations[i].Readings
	for _, r := range all[:len(all)-1] {
		if ready, err := m.Reader.Ready(ctx, r.Projection); ready || err != nil {
			return r, err
		}
	}
	return all[len(all)-1], nil
}

// asked answers a query like the edge. R is the type of its answer, in the input.
func asked[R any](ctx context.Context, m *models, query, id string, in any, p pageOf) (out R, err error) {
	r, err := m.reading(ctx, query)
	if err != nil {
		return out, err
	}
	s, err := m.Reader.OpenAt(ctx, r.Projection, p.Cursor)
	if err != nil {
		return out, err
	}
	answer, err := r.Read(ctx, s, &annals.Question{ID: id, In: in, Limit: cmp.Or(p.Limit, 50), Tokens: p.tokens})
	if pointed, is := answer.(*R); is {
		return *pointed, err
	}
	out, is := answer.(R)
	if !is && err == nil {
		err = fmt.Errorf("%s answers %T", query, answer)
	}
	return out, err
}

type (
	orderPage    = annals.Page[readmodel.OrderSummary]
	movementPage = annals.Page[readmodel.Movement]
	salesPage    = annals.Page[readmodel.ProductSales]
)

func byID(id string) *annals.ByID { return &annals.ByID{ID: annals.ID(id)} }

func (m *models) Account(ctx context.Context, id string) (readmodel.Account, error) {
	return asked[readmodel.Account](ctx, m, "get-account", id, &annals.None{}, pageOf{})
}

func (m *models) Statement(ctx context.Context, id string, p pageOf) (movementPage, error) {
	return asked[movementPage](ctx, m, "get-statement", id, byID(id), p)
}

func (m *models) Order(ctx context.Context, id string) (readmodel.OrderSummary, error) {
	return asked[readmodel.OrderSummary](ctx, m, "get-order", id, &annals.None{}, pageOf{})
}

func (m *models) ActiveOrders(ctx context.Context, p pageOf) (orderPage, error) {
	return asked[orderPage](ctx, m, "list-orders", "", &readmodel.ByStatus{Status: "active"}, p)
}

func (m *models) CustomerOrders(ctx context.Context, id string, p pageOf) (orderPage, error) {
	return asked[orderPage](ctx, m, "list-customer-orders", id, byID(id), p)
}

func (m *models) Product(ctx context.Context, id string) (readmodel.Product, error) {
	return asked[readmodel.Product](ctx, m, "get-product", id, &annals.None{}, pageOf{})
}

func (m *models) Inventory(ctx context.Context, id string) (readmodel.Inventory, error) {
	return asked[readmodel.Inventory](ctx, m, "get-product-inventory", id, byID(id), pageOf{})
}

func (m *models) Sales(ctx context.Context, id string) (readmodel.ProductSales, error) {
	return asked[readmodel.ProductSales](ctx, m, "get-product-sales", id, byID(id), pageOf{})
}

func (m *models) TopSales(ctx context.Context, top int) (salesPage, error) {
	return asked[salesPage](ctx, m, "top-product-sales", "", &readmodel.Top{Top: top}, pageOf{})
}
