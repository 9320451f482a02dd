package readmodel

import (
	"github.com/annals-es/annals/shop/order"
)

// OrderRow is an order as lists and the document store it. It lacks what can be computed: the status follows from the
// latest time, and the row's key contains the id and the time of the list's order.
type OrderRow struct {
	Version   int64    `json:"v"`
	Customer  string   `json:"c,omitempty"`
	Created   instant  `json:"o,omitzero"`
	Placed    *instant `json:"p,omitempty"`
	Paid      *instant `json:"y,omitempty"`
	Shipped   *instant `json:"s,omitempty"`
	Delivered *instant `json:"d,omitempty"`
	Cancelled *instant `json:"x,omitempty"`
	Units     int      `json:"n,omitempty"`
	Total     amount   `json:"t,omitzero"`
	Tracking  string   `json:"k,omitempty"`
	ShortOf   []string `json:"m,omitempty"`
}

// summary is the answer for the row of the order with an id.
func (r OrderRow) summary(id string) OrderSummary {
	return OrderSummary{
		OrderID: id, CustomerID: r.Customer, ItemCount: r.Units, Total: r.Total.money(), Status: r.status(),
		CreatedAt: r.Created.time(), PlacedAt: r.Placed.optional(), PaidAt: r.Paid.optional(),
		ShippedAt: r.Shipped.optional(), DeliveredAt: r.Delivered.optional(), CancelledAt: r.Cancelled.optional(),
		TrackingNumber: r.Tracking, ShortOf: r.ShortOf, Version: r.Version,
	}
}

func (r OrderRow) status() order.Status {
	switch {
	case r.Cancelled != nil:
		return order.StatusCancelled
	case r.Delivered != nil:
		return order.StatusDelivered
	case r.Shipped != nil:
		return order.StatusShipped
	case r.Paid != nil:
		return order.StatusPaid
	case r.Placed != nil:
		return order.StatusPlaced
	}
	return order.StatusDraft
}
