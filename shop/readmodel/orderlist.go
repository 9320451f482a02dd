package readmodel

import (
	"context"
	"strings"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

const active = "active"

// activeOrders lists an order from its placing until it is delivered or cancelled, the oldest placing first, which the
// sort key has.
var activeOrders = projection.IndexRows("active", func(d *orderDocument) (at projection.Key, row orderRow, in bool) {
	if d.Placed == nil || d.Delivered != nil || d.Cancelled != nil {
		return at, row, false
	}
	row = d.row()
	row.Placed = nil
	return projection.Key{Partition: shard(active, d.Customer+d.Created.sort()), Sort: d.Placed.sort()}, row, true
})

// customersOrders lists all orders of a customer, drafts too, by their creation. The key has both.
var customersOrders = projection.IndexRows("customers", func(d *orderDocument) (projection.Key, orderRow, bool) {
	row := d.row()
	row.Customer, row.Created = "", 0
	return projection.Key{Partition: d.Customer, Sort: d.Created.sort()}, row, true
})

// ActiveOrders returns the orders that are placed and not delivered, oldest first.
//
// Errors: [projection.ErrCursor].
func (s *Session) ActiveOrders(ctx context.Context, p PageRequest) (Page[OrderSummary], error) {
	if s.before != nil {
		return s.before.activeOrders(ctx, p)
	}
	of := func(row orderRow, at projection.Key) OrderSummary {
		placed := instantIn(at.Sort)
		row.Placed = &placed
		return row.summary(orderIn(at.Sort))
	}
	return page(ctx, s, activeOrders, of, p, projection.Query{Partitions: allShards(active)})
}

// CustomerOrders returns a customer's orders, newest first; none for a customer that never ordered.
//
// Errors: [projection.ErrCursor].
func (s *Session) CustomerOrders(ctx context.Context, customerID string, p PageRequest) (Page[OrderSummary], error) {
	if s.before != nil {
		return s.before.customerOrders(ctx, customerID, p)
	}
	of := func(row orderRow, at projection.Key) OrderSummary {
		row.Customer, row.Created = customerID, instantIn(at.Sort)
		return row.summary(orderIn(at.Sort))
	}
	return page(ctx, s, customersOrders, of, p, projection.Query{Partitions: []string{customerID}, Descending: true})
}

// orderIn is the id of the order at the end of a sort key.
func orderIn(sort string) string {
	_, name, _ := strings.Cut(sort, "|")
	stream, _ := es.ParseStreamID(name) // the engine wrote it
	return stream.ID
}
