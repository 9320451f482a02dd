package readmodel

import (
	"strings"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

const active = "active"

// ActiveOrders lists an order from its placing until it is delivered or cancelled, in the order of placing, which is in
// the sort key.
var ActiveOrders = projection.IndexRows("active", func(d *OrderDocument) (at projection.Key, row OrderRow, in bool) {
	if d.Placed == nil || d.Delivered != nil || d.Cancelled != nil {
		return at, row, false
	}
	row = d.row()
	row.Placed = nil
	return projection.Key{Partition: shard(active, d.Customer+d.Created.sort()), Sort: d.Placed.sort()}, row, true
})

// CustomerOrders lists all orders of a customer, including drafts, in the order of creation. The key contains both.
var CustomerOrders = projection.IndexRows("customers", func(d *OrderDocument) (projection.Key, OrderRow, bool) {
	row := d.row()
	row.Customer, row.Created = "", 0
	return projection.Key{Partition: d.Customer, Sort: d.Created.sort()}, row, true
})

// ByStatus is the input of a query for orders by their status.
type ByStatus struct {
	Status string `query:"status" required:"true" enum:"active" doc:"Which orders: active = placed, and neither delivered nor cancelled"`
}

// ActiveOrderPages lists the orders that are placed and not delivered, oldest first.
var ActiveOrderPages = annals.Listing[ByStatus, OrderRow, OrderSummary]{
	Partitions: func(ByStatus) []string { return allShards(active) },
	Item: func(_ ByStatus, at projection.Key, row OrderRow) OrderSummary {
		placed := instantIn(at.Sort)
		row.Placed = &placed
		return row.summary(orderIn(at.Sort))
	},
}

// CustomerOrderPages lists a customer's orders, newest first. The list of a customer without orders is empty.
var CustomerOrderPages = annals.Listing[annals.ByID, OrderRow, OrderSummary]{
	Descending: true,
	Item: func(customer annals.ByID, at projection.Key, row OrderRow) OrderSummary {
		row.Customer, row.Created = string(customer.ID), instantIn(at.Sort)
		return row.summary(orderIn(at.Sort))
	},
}

// orderIn is the id of the order at the end of a sort key.
func orderIn(sort string) string {
	_, name, _ := strings.Cut(sort, "|")
	stream, _ := es.ParseStreamID(name) // the engine wrote it, so it is valid
	return stream.ID
}
