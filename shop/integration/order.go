package integration

import (
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/shop/order"
)

// OrderPlaced means that an order is no longer a draft.
type OrderPlaced struct {
	OrderID string `json:"orderId" doc:"The order's id"`
	Total   Money  `json:"total" doc:"What the order costs. If it is zero, the order is paid, and no payment follows"`
}

// PaymentReceived is a payment in part or in full.
type PaymentReceived struct {
	OrderID   string `json:"orderId" doc:"The order's id"`
	PaymentID string `json:"paymentId" doc:"The payment's id, unique within the order"`
	Amount    Money  `json:"amount" doc:"What was paid now"`
}

// OrderShipped means that all of an order was shipped. The tracking number is left out, because carriers show the
// destination for it.
type OrderShipped struct {
	OrderID string `json:"orderId" doc:"The order's id"`
}

// OrderDelivered means that an order has arrived.
type OrderDelivered struct {
	OrderID string `json:"orderId" doc:"The order's id"`
}

// OrderCancelled ends an order that was not shipped. If the order was still a draft, this is its only public event.
type OrderCancelled struct {
	OrderID string `json:"orderId" doc:"The order's id"`
}

// OrderFlaggedShort means that no stock is reserved for a paid order.
type OrderFlaggedShort struct {
	OrderID    string   `json:"orderId" doc:"The order's id"`
	ProductIDs []string `json:"productIds" nullable:"false" doc:"The products with too little stock, sorted"`
}

// Type implements [publish.Data].
func (OrderPlaced) Type() string { return "order.placed.v1" }

// Type implements [publish.Data].
func (PaymentReceived) Type() string { return "order.payment-received.v1" }

// Type implements [publish.Data].
func (OrderShipped) Type() string { return "order.shipped.v1" }

// Type implements [publish.Data].
func (OrderDelivered) Type() string { return "order.delivered.v1" }

// Type implements [publish.Data].
func (OrderCancelled) Type() string { return "order.cancelled.v1" }

// Type implements [publish.Data].
func (OrderFlaggedShort) Type() string { return "order.flagged-short.v1" }

// OfOrder returns the public form of an event of the order with an id, nil if the event is private.
//
// Errors: one for an event type that it does not know.
func OfOrder(id string, event order.Event) (publish.Data, error) {
	switch e := event.(type) {
	case order.OrderPlaced:
		return OrderPlaced{OrderID: id, Total: amount(e.Total)}, nil
	case order.PaymentReceived:
		return PaymentReceived{OrderID: id, PaymentID: e.PaymentID, Amount: amount(e.Amount)}, nil
	case order.OrderShipped:
		return OrderShipped{OrderID: id}, nil
	case order.OrderDelivered:
		return OrderDelivered{OrderID: id}, nil
	case order.OrderCancelled:
		return OrderCancelled{OrderID: id}, nil
	case order.OrderFlaggedShort:
		return OrderFlaggedShort{OrderID: id, ProductIDs: e.ProductIDs}, nil
	case order.OrderCreated, order.ItemAdded, order.ItemRemoved: // private: a draft concerns only its customer
		return nil, nil
	case order.ShippingAddressSet: // private: an address
		return nil, nil
	}
	return undecided(event)
}
