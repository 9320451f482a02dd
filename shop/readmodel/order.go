package readmodel

import (
	"context"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

var orderSummary = projection.New(projection.Definition[orderRow]{
	Name:    tables.OrderSummary,
	Sources: orderStreams,
	Topics:  (*orderRow).topics,
	Evolve: func(row *orderRow, e projection.Event, _ *projection.Writes) error {
		row.apply(e)
		return nil
	},
})

// Order returns an order's summary.
//
// Errors: [es.NotFoundError].
func (m *Models) Order(ctx context.Context, id string) (OrderSummary, error) {
	row, err := document[orderRow](ctx, m, tables.OrderSummary, order.Aggregate.Stream(id))
	return row.Summary, err
}

// OrderAt returns an order's summary as it was at a point, from the event store.
//
// Errors: [es.NotFoundError], [es.VersionNotFoundError].
func OrderAt(ctx context.Context, store es.Reader, id string, at es.Point) (OrderSummary, error) {
	var row orderRow
	err := projection.Replay(ctx, orderSummary, store, order.Aggregate.Stream(id), at, &row)
	return row.Summary, err
}

const active = "active"

// activeOrders lists an order from its placing until it is delivered or cancelled.
var activeOrders = projection.New(projection.Definition[orderRow]{
	Name:    tables.ActiveOrders,
	Sources: orderStreams,
	Topics:  (*orderRow).topics,
	Evolve: func(row *orderRow, e projection.Event, w *projection.Writes) error {
		row.apply(e)
		if row.Summary.PlacedAt == nil {
			return nil
		}
		key := projection.Key{Partition: shard(active, e.Stream.ID), Sort: es.FormatTime(*row.Summary.PlacedAt)}
		switch row.Summary.Status {
		case order.StatusDelivered, order.StatusCancelled:
			w.Delete(key)
			return nil
		default:
			return w.Put(key, row.Summary)
		}
	},
})

// ActiveOrders returns the orders that are placed and not delivered, oldest first.
//
// Errors: [projection.ErrCursor].
func (m *Models) ActiveOrders(ctx context.Context, p PageRequest) (Page[OrderSummary], error) {
	return page[OrderSummary](ctx, m, tables.ActiveOrders, dynamoview.List{
		Partitions: allShards(active), Limit: p.Limit, Cursor: p.Cursor,
	})
}

// customerOrders lists all orders of a customer, drafts too.
var customerOrders = projection.New(projection.Definition[orderRow]{
	Name:    tables.CustomerOrders,
	Sources: orderStreams,
	Topics:  (*orderRow).topics,
	Evolve: func(row *orderRow, e projection.Event, w *projection.Writes) error {
		row.apply(e)
		key := projection.Key{Partition: row.Summary.CustomerID, Sort: es.FormatTime(row.Summary.CreatedAt)}
		return w.Put(key, row.Summary)
	},
})

// CustomerOrders returns a customer's orders, newest first; none for a customer that never ordered.
//
// Errors: [projection.ErrCursor].
func (m *Models) CustomerOrders(ctx context.Context, customerID string, p PageRequest) (Page[OrderSummary], error) {
	return page[OrderSummary](ctx, m, tables.CustomerOrders, dynamoview.List{
		Partitions: []string{customerID}, Descending: true, Limit: p.Limit, Cursor: p.Cursor,
	})
}
