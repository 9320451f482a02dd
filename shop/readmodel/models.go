package readmodel

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// all are the read models, those that are replaced last. Each has a table of its name; that of an inline one is in
// [tables.Inline].
var all = append([]projection.Subscription{
	{Projection: accounts, Replaces: []string{tables.AccountSummary, tables.AccountStatement}},
	{Projection: orders, Replaces: []string{tables.OrderSummary, tables.ActiveOrders, tables.CustomerOrders}},
	{Projection: productCatalog, Inline: true},
	{Projection: productCounts, Replaces: []string{tables.ProductInventory, tables.ProductSales}},
	//annals:new projections
}, replaced...)

// Models are the read models on their tables.
type Models struct {
	subscriptions []projection.Subscription
	views         map[string]*dynamoview.View
	catalog       *dynamoview.Catalog
	reader        *projection.Reader
}

// New returns the read models. The store has the events that they are made of, and tableName gives the name on
// DynamoDB of each read table.
func New(store es.Reader, client dynamoview.Client, tableName func(tables.Table) string) *Models {
	return of(all, store, client, tableName, nil)
}

// of returns some read models, with a clock.
func of(
	models []projection.Subscription, store es.Reader, client dynamoview.Client, tableName func(tables.Table) string,
	now func() time.Time,
) *Models {
	m := &Models{
		views: map[string]*dynamoview.View{}, catalog: dynamoview.NewCatalog(client, tableName(tables.Projections)),
	}
	for _, sub := range models {
		name := sub.Projection.Name()
		m.views[name] = dynamoview.New(client, tableName(tables.ReadModel(name)))
		sub.View = m.views[name]
		m.subscriptions = append(m.subscriptions, sub)
	}
	m.reader = projection.NewReader(store, m.catalog, projection.ReaderConfig{Now: now}, m.subscriptions...)
	return m
}

// Catalog is where the generations of the read models are kept.
func (m *Models) Catalog() *dynamoview.Catalog { return m.catalog }

// Subscriptions are the projections as the engine runs them.
func (m *Models) Subscriptions() []projection.Subscription { return m.subscriptions }

// Inline returns what has commands store the rows of inline read models with their events. It needs the tables of
// [tables.Projections] and [tables.Inline].
func (m *Models) Inline() *dynamoview.Inline {
	return dynamoview.NewInline(m.catalog, m.subscriptions...)
}

// Check tells whether this code can read what is served.
//
// Errors: [projection.UnknownFoldError]; the catalog's.
func (m *Models) Check(ctx context.Context) error { return m.reader.Check(ctx) }

// Marks yields what the checkpoints of each read model remember of their streams, by the read model's name.
func (m *Models) Marks(ctx context.Context) iter.Seq2[string, iter.Seq2[es.CommitRef, error]] {
	return func(yield func(string, iter.Seq2[es.CommitRef, error]) bool) {
		for name := range m.views {
			if !yield(name, m.marks(ctx, name)) {
				return
			}
		}
	}
}

func (m *Models) marks(ctx context.Context, name string) iter.Seq2[es.CommitRef, error] {
	return func(yield func(es.CommitRef, error) bool) {
		g, err := m.generation(ctx, name)
		if err != nil {
			yield(es.CommitRef{}, err)
			return
		}
		m.views[name].Marks(ctx, g)(yield)
	}
}

// generation is the generation of a read model that serves, or is to serve once it is filled.
//
// Errors: [projection.UnknownFoldError]; the catalog's.
func (m *Models) generation(ctx context.Context, name string) (projection.Generation, error) {
	s, err := m.reader.Open(ctx, name)
	if notFilled := (*projection.NotFilledError)(nil); errors.As(err, &notFilled) {
		return notFilled.Generation, nil
	}
	if err != nil {
		return 0, err
	}
	return s.Build.Generation, nil
}
