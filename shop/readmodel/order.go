package readmodel

import (
	"context"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
)

// OrderSummary is an order at a glance.
type OrderSummary struct {
	OrderID    string `json:"orderId"`
	CustomerID string `json:"customerId"`
	// ItemCount is how many units were ordered, of all products.
	ItemCount      int          `json:"itemCount"`
	Total          money.Money  `json:"total,omitzero"` // absent while there are no items
	Status         order.Status `json:"status"`
	CreatedAt      time.Time    `json:"createdAt"`
	PlacedAt       *time.Time   `json:"placedAt,omitempty"`
	PaidAt         *time.Time   `json:"paidAt,omitempty"` // in full
	ShippedAt      *time.Time   `json:"shippedAt,omitempty"`
	DeliveredAt    *time.Time   `json:"deliveredAt,omitempty"`
	CancelledAt    *time.Time   `json:"cancelledAt,omitempty"`
	TrackingNumber string       `json:"trackingNumber,omitempty"`
	// ShortOf are the products that no stock could be reserved for.
	ShortOf []string `json:"shortOf,omitempty"`
	// Version is the version of the order that the row shows.
	Version int64 `json:"version"`
}

// Order returns an order's summary.
//
// Errors: [es.NotFoundError].
func (s *Session) Order(ctx context.Context, id string) (OrderSummary, error) {
	if s.before != nil {
		return s.before.order(ctx, id)
	}
	d, err := orders.Document(ctx, s.opened, order.Aggregate.Stream(id))
	if err != nil {
		return OrderSummary{}, err
	}
	return d.Data.row().summary(id), nil
}

// OrderAt returns an order's summary as it was at a point, from the event store.
//
// Errors: [es.NotFoundError], [es.VersionNotFoundError].
func OrderAt(ctx context.Context, store es.Reader, id string, at es.Point) (OrderSummary, error) {
	var d orderDocument
	if err := projection.Replay(ctx, orders, store, order.Aggregate.Stream(id), at, &d); err != nil {
		return OrderSummary{}, err
	}
	return d.row().summary(id), nil
}
