package product

import (
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/money"
)

// Event is an event of a product: one of the types below.
type Event interface{ productEvent() }

// ProductListed is a product's first event.
type ProductListed struct {
	ProductID string `json:"productId"`
	Name      string `json:"name"`
	// UnitPrice is not negative. Its currency is the product's.
	UnitPrice money.Money `json:"unitPrice"`
}

// StockReceived adds units to the stock.
type StockReceived struct {
	// Quantity is in units, from 1.
	Quantity int `json:"quantity"`
}

// PriceChanged sets the price of future orders. Existing orders have their own prices and do not change.
type PriceChanged struct {
	// UnitPrice is not negative, and in the product's currency.
	UnitPrice money.Money `json:"unitPrice"`
}

// StockReserved reserves units for a paid order, until they are released or shipped with it.
type StockReserved struct {
	OrderID string `json:"orderId"`
	// Quantity is in units, from 1.
	Quantity int `json:"quantity"`
}

// ReservationReleased frees the units reserved for an order, because it was cancelled.
type ReservationReleased struct {
	OrderID string `json:"orderId"`
}

// ReservationFulfilled takes the units reserved for an order out of the stock, because it was shipped.
type ReservationFulfilled struct {
	OrderID string `json:"orderId"`
}

func (ProductListed) productEvent()        {}
func (StockReceived) productEvent()        {}
func (PriceChanged) productEvent()         {}
func (StockReserved) productEvent()        {}
func (ReservationReleased) productEvent()  {}
func (ReservationFulfilled) productEvent() {}

// events are the names under which events are stored. They never change.
var events = es.NewRegistry(
	es.Type[Event]("ProductListed", 1, ProductListed{}),
	es.Type[Event]("StockReceived", 1, StockReceived{}),
	es.Type[Event]("PriceChanged", 1, PriceChanged{}),
	es.Type[Event]("StockReserved", 1, StockReserved{}),
	es.Type[Event]("ReservationReleased", 1, ReservationReleased{}),
	es.Type[Event]("ReservationFulfilled", 1, ReservationFulfilled{}),
)
