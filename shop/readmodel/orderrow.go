package readmodel

import (
	"fmt"
	"hash/fnv"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
)

var orderStreams = map[string]es.Decoder{order.Aggregate.StreamType: order.Aggregate.Events}

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

// orderRow is the state of the projections that show orders: the summary, and the lines that it is counted from.
type orderRow struct {
	Summary OrderSummary `json:"summary"`
	Order   order.State  `json:"order"`
}

// topics are whom an order's changes are about.
func (r *orderRow) topics() []string { return []string{"customer/" + r.Summary.CustomerID} }

func (r *orderRow) apply(e projection.Event) {
	before := r.Order.Status
	evolveLines(&r.Order, e)
	s, at := &r.Summary, e.OccurredAt
	switch data := e.Data.(type) {
	case order.OrderCreated:
		s.OrderID, s.CustomerID, s.CreatedAt = e.Stream.ID, data.CustomerID, at
	case order.OrderPlaced:
		s.PlacedAt = &at
	case order.OrderShipped:
		s.ShippedAt, s.TrackingNumber = &at, data.TrackingNumber
	case order.OrderDelivered:
		s.DeliveredAt = &at
	case order.OrderCancelled:
		s.CancelledAt = &at
	case order.OrderFlaggedShort:
		s.ShortOf = data.ProductIDs
	}
	if r.Order.Status == order.StatusPaid && before != order.StatusPaid {
		s.PaidAt = &at
	}
	s.Status, s.Total, s.Version = r.Order.Status, r.Order.Total, e.Version
	s.ItemCount = 0
	for _, item := range r.Order.Items {
		s.ItemCount += item.Quantity
	}
}

// evolveLines folds what read models need of an order, by the aggregate's own rules, and drops the rest.
func evolveLines(s *order.State, e projection.Event) {
	if event, ok := e.Data.(order.Event); ok {
		order.Aggregate.Evolve(s, event)
	}
	s.ShippingAddress, s.Payments, s.ShortOf = nil, nil, nil
}

// shards is over how many partitions a list is spread that all streams write to: each takes 1,000 writes a second.
const shards = 8

// shard returns the partition of a list that a key belongs to.
func shard(list, key string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key)) // never fails
	return fmt.Sprintf("%s|%d", list, h.Sum32()%shards)
}

// allShards are the partitions of a list.
func allShards(list string) []string {
	all := make([]string, shards)
	for i := range all {
		all[i] = fmt.Sprintf("%s|%d", list, i)
	}
	return all
}
