package readmodel

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/annals-es/annals/internal/readmodel/tables"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// generation is the build of the rows that is written and read.
const generation projection.Generation = 1

// projections are the folds of all read models, by the name of their table.
var projections = []projection.Projection{
	accountSummary, accountStatement,
	orderSummary, activeOrders, customerOrders,
	productCatalog, productInventory, productSales,
}

// Models are the read models on their tables.
type Models struct{ views map[string]*dynamoview.View }

// New returns the read models. tableName gives the name on DynamoDB of each read table.
func New(client dynamoview.Client, tableName func(tables.Table) string) *Models {
	m := &Models{views: map[string]*dynamoview.View{}}
	for _, t := range tables.ReadModels {
		m.views[t.Name] = dynamoview.New(client, tableName(t))
	}
	return m
}

// Subscriptions are the projections as the engine runs them.
func (m *Models) Subscriptions() []projection.Subscription {
	subs := make([]projection.Subscription, len(projections))
	for i, p := range projections {
		subs[i] = projection.Subscription{Projection: p, View: m.views[p.Name()], Generation: generation}
	}
	return subs
}

// Marks yields what the checkpoints of each read model remember of their streams, by the read model's name.
func (m *Models) Marks(ctx context.Context, client dynamoview.ScanClient) iter.Seq2[string, iter.Seq2[es.Mark, error]] {
	return func(yield func(string, iter.Seq2[es.Mark, error]) bool) {
		for _, t := range tables.ReadModels {
			if !yield(t.Name, m.views[t.Name].Marks(ctx, client, generation)) {
				return
			}
		}
	}
}

func (m *Models) reader(name string) dynamoview.Reader { return m.views[name].At(generation) }

// document reads the row of a stream from a read model that keeps one row a stream.
//
// Errors: [es.NotFoundError] if the read model has not seen the stream.
func document[S any](ctx context.Context, m *Models, name string, stream es.StreamID) (S, error) {
	var row S
	version, err := m.reader(name).State(ctx, stream, &row)
	if err != nil {
		return row, fmt.Errorf("%s of %s: %w", name, stream, err)
	}
	if version == 0 {
		return row, &es.NotFoundError{Stream: stream}
	}
	return row, nil
}

// PageRequest says which part of a list is wanted.
type PageRequest struct {
	// Limit is the most items, from 1.
	Limit int
	// Cursor is what the page before gave as Next, "" for the first page.
	Cursor string
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the page after this; absent on the last page.
	Next string `json:"next,omitempty"`
}

// page reads a page of rows.
//
// Errors: [dynamoview.ErrCursor].
func page[T any](ctx context.Context, m *Models, name string, list dynamoview.List) (Page[T], error) {
	rows, err := m.reader(name).Rows(ctx, list)
	if err != nil {
		return Page[T]{}, fmt.Errorf("%s: %w", name, err)
	}
	out := Page[T]{Items: make([]T, len(rows.Rows)), Next: rows.Next}
	for i, row := range rows.Rows {
		if err := json.Unmarshal(row, &out.Items[i]); err != nil {
			return Page[T]{}, fmt.Errorf("%s: row: %w", name, err)
		}
	}
	return out, nil
}
