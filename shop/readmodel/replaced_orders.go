package readmodel

import (
	"context"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// summaryState is the document of the former read models that show orders: the summary, and the lines that it is
// counted from.
type summaryState struct {
	Summary OrderSummary `json:"summary"`
	Order   order.State  `json:"order"`
}

func (r *summaryState) topics() []string { return []string{"customer/" + r.Summary.CustomerID} }

func (r *summaryState) apply(e projection.Event[order.Event]) {
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

// evolveLines folds what read models need of an order, by the aggregate's own rules, and drops the rest.
func evolveLines(s *order.State, e order.Event) {
	order.Aggregate.Evolve(s, e)
	s.ShippingAddress, s.Payments, s.ShortOf = nil, nil, nil
}

// ofOrders is a former read model of orders, with what it does once an event is applied.
func ofOrders(
	name string, then func(*summaryState, es.StreamID, *projection.Writes), parts ...projection.Part,
) *projection.Of[summaryState] {
	fold := projection.On(func(row *summaryState, e projection.Event[order.Event], w *projection.Writes) error {
		row.apply(e)
		then(row, e.Stream, w)
		return nil
	})
	parts = append(parts, projection.Topics((*summaryState).topics))
	return projection.New(name, 1, projection.From(order.Aggregate, fold), parts...)
}

var (
	orderSummary       = ofOrders(tables.OrderSummary, func(*summaryState, es.StreamID, *projection.Writes) {})
	formerActiveOrders = ofOrders(tables.ActiveOrders, func(row *summaryState, stream es.StreamID, w *projection.Writes) {
		if row.Summary.PlacedAt == nil {
			return
		}
		key := projection.Key{Partition: shard(active, stream.ID), Sort: es.FormatTime(*row.Summary.PlacedAt)}
		switch row.Summary.Status {
		case order.StatusDelivered, order.StatusCancelled:
			formerActive.Delete(w, key)
		default:
			formerActive.Put(w, key, row.Summary)
		}
	}, formerActive)
	formerActive         = projection.OwnRows[OrderSummary]("active-orders")
	formerCustomerOrders = ofOrders(tables.CustomerOrders, func(row *summaryState, _ es.StreamID, w *projection.Writes) {
		key := projection.Key{Partition: row.Summary.CustomerID, Sort: es.FormatTime(row.Summary.CreatedAt)}
		formerCustomers.Put(w, key, row.Summary)
	}, formerCustomers)
	formerCustomers = projection.OwnRows[OrderSummary]("customer-orders")
)

func (b *before) order(ctx context.Context, id string) (OrderSummary, error) {
	d, err := orderSummary.Document(ctx, b.sessions[tables.OrderSummary], order.Aggregate.Stream(id))
	return d.Data.Summary, err
}

func (b *before) activeOrders(ctx context.Context, p PageRequest) (Page[OrderSummary], error) {
	s, err := b.list(tables.ActiveOrders)
	if err != nil {
		return Page[OrderSummary]{}, err
	}
	return pageOf(ctx, s, formerActive, asItIs[OrderSummary], p, projection.Query{Partitions: allShards(active)})
}

func (b *before) customerOrders(ctx context.Context, customerID string, p PageRequest) (Page[OrderSummary], error) {
	s, err := b.list(tables.CustomerOrders)
	if err != nil {
		return Page[OrderSummary]{}, err
	}
	all := projection.Query{Partitions: []string{customerID}, Descending: true}
	return pageOf(ctx, s, formerCustomers, asItIs[OrderSummary], p, all)
}
