package order

import (
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/money"
)

// Event is an event of an order: one of the types below.
type Event interface{ orderEvent() }

// OrderCreated is an order's first event. The items of the new order follow as ItemAdded.
type OrderCreated struct {
	OrderID    string `json:"orderId"`
	CustomerID string `json:"customerId"`
}

// ItemAdded adds units of a product: to the line with that product and price, or as a new line.
type ItemAdded struct {
	ProductID string `json:"productId"`
	// Quantity is in units, from 1.
	Quantity int `json:"quantity"`
	// UnitPrice is not negative, and in the currency of the other lines.
	UnitPrice money.Money `json:"unitPrice"`
}

// ItemRemoved removes all lines of a product, whatever their price.
type ItemRemoved struct {
	ProductID string `json:"productId"`
}

// ShippingAddressSet sets the destination of the order. It replaces an earlier one.
type ShippingAddressSet struct {
	// Address is the zero Address once the order's customer is forgotten.
	Address Address `json:"address" personal:"owner"`
}

// OrderPlaced ends the draft. An order whose total is zero is then paid: no PaymentReceived follows.
type OrderPlaced struct {
	// Total is the final price of the order.
	Total money.Money `json:"total"`
}

// PaymentReceived is a payment in part or in full; the order is paid once its payments reach its total.
type PaymentReceived struct {
	// PaymentID is unique within the order.
	PaymentID string      `json:"paymentId"`
	Amount    money.Money `json:"amount"`
}

// OrderShipped means that all of the order was shipped.
type OrderShipped struct {
	TrackingNumber string `json:"trackingNumber"`
}

// OrderDelivered means that the order has arrived.
type OrderDelivered struct{}

// OrderCancelled ends an order that was not shipped.
type OrderCancelled struct{}

// OrderFlaggedShort means that no stock was reserved for the order, because at least one product had too little. It
// prevents nothing: the order can be paid, shipped and cancelled as before.
type OrderFlaggedShort struct {
	// ProductIDs are the products with too little stock, sorted.
	ProductIDs []string `json:"productIds"`
}

func (OrderCreated) orderEvent()       {}
func (ItemAdded) orderEvent()          {}
func (ItemRemoved) orderEvent()        {}
func (ShippingAddressSet) orderEvent() {}
func (OrderPlaced) orderEvent()        {}
func (PaymentReceived) orderEvent()    {}
func (OrderShipped) orderEvent()       {}
func (OrderDelivered) orderEvent()     {}
func (OrderCancelled) orderEvent()     {}
func (OrderFlaggedShort) orderEvent()  {}

// events are the names under which events are stored. They never change.
var events = es.NewRegistry(
	es.Type[Event]("OrderCreated", 1, OrderCreated{}),
	es.Type[Event]("ItemAdded", 1, ItemAdded{}),
	es.Type[Event]("ItemRemoved", 1, ItemRemoved{}),
	es.Type[Event]("ShippingAddressSet", 1, ShippingAddressSet{}),
	es.Type[Event]("OrderPlaced", 1, OrderPlaced{}),
	es.Type[Event]("PaymentReceived", 1, PaymentReceived{}),
	es.Type[Event]("OrderShipped", 1, OrderShipped{}),
	es.Type[Event]("OrderDelivered", 1, OrderDelivered{}),
	es.Type[Event]("OrderCancelled", 1, OrderCancelled{}),
	es.Type[Event]("OrderFlaggedShort", 1, OrderFlaggedShort{}),
)
