package readmodel

import (
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/order"
)

// SummaryState is the document of the former read models of orders: the summary, and the lines that it is computed
// from.
type SummaryState struct {
	Summary OrderSummary `json:"summary"`
	Order   order.State  `json:"order"`
}

func (r *SummaryState) topics() []string { return []string{"customer/" + r.Summary.CustomerID} }

func (r *SummaryState) apply(e projection.Event[order.Event]) {
	before := r.Order.Status
	evolveLines(&r.Order, e.Data)
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

// evolveLines folds the parts of an order that read models need, by the aggregate's own rules.
func evolveLines(s *order.State, e order.Event) {
	order.Aggregate.Evolve(s, e)
	s.ShippingAddress, s.Payments, s.ShortOf = nil, nil, nil
}

// ofOrders is a former read model of orders. then runs after each event.
func ofOrders(
	name string, then func(*SummaryState, es.StreamID, *projection.Writes), parts ...projection.Part,
) *projection.Of[SummaryState] {
	fold := projection.On(func(row *SummaryState, e projection.Event[order.Event], w *projection.Writes) error {
		row.apply(e)
		then(row, e.Stream, w)
		return nil
	})
	parts = append(parts, projection.Topics((*SummaryState).topics))
	return projection.New(name, 1, projection.From(order.Aggregate, fold), parts...)
}

var (
	// FormerOrderSummary has a document for each order. [Orders] replaces it.
	FormerOrderSummary = ofOrders("order-summary", func(*SummaryState, es.StreamID, *projection.Writes) {})
	// FormerActiveOrders lists the orders that are placed and not delivered. [Orders] replaces it.
	FormerActiveOrders = ofOrders("active-orders", func(row *SummaryState, stream es.StreamID, w *projection.Writes) {
		if row.Summary.PlacedAt == nil {
			return
		}
		key := projection.Key{Partition: shard(active, stream.ID), Sort: es.FormatTime(*row.Summary.PlacedAt)}
		switch row.Summary.Status {
		case order.StatusDelivered, order.StatusCancelled:
			FormerActive.Delete(w, key)
		default:
			FormerActive.Put(w, key, row.Summary)
		}
	}, FormerActive)
	// FormerActive are the rows of FormerActiveOrders.
	FormerActive = projection.OwnRows[OrderSummary]("active-orders")
	// FormerCustomerOrders lists the orders of each customer. [Orders] replaces it.
	FormerCustomerOrders = ofOrders("customer-orders", func(row *SummaryState, _ es.StreamID, w *projection.Writes) {
		key := projection.Key{Partition: row.Summary.CustomerID, Sort: es.FormatTime(row.Summary.CreatedAt)}
		FormerCustomers.Put(w, key, row.Summary)
	}, FormerCustomers)
	// FormerCustomers are the rows of FormerCustomerOrders.
	FormerCustomers = projection.OwnRows[OrderSummary]("customer-orders")
)

// FormerOrderOf is the answer for the document of an order.
func FormerOrderOf(_ string, d *SummaryState) OrderSummary { return d.Summary }

// The former lists show their rows unchanged.
var (
	FormerActivePages   = annals.Listing[ByStatus, OrderSummary, OrderSummary]{Partitions: ActiveOrderPages.Partitions}
	FormerCustomerPages = annals.Listing[annals.ByID, OrderSummary, OrderSummary]{Descending: true}
)
