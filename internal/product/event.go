package product

import (
	"github.com/annals-es/annals/internal/money"
	"github.com/annals-es/annals/pkg/es"
)

// Event is what happens to a product: [ProductListed], [StockReceived] or [PriceChanged].
type Event interface{ productEvent() }

// ProductListed is a product's first event.
type ProductListed struct {
	ProductID string `json:"productId"`
	Name      string `json:"name"`
	// UnitPrice is not negative. Its currency is the product's.
	UnitPrice money.Money `json:"unitPrice"`
}

// StockReceived adds to what was received.
type StockReceived struct {
	// Quantity is in units, from 1.
	Quantity int `json:"quantity"`
}

// PriceChanged sets the price of orders to come. Orders carry their own prices: none of them changes.
type PriceChanged struct {
	// UnitPrice is not negative, and in the product's currency.
	UnitPrice money.Money `json:"unitPrice"`
}

func (ProductListed) productEvent() {}
func (StockReceived) productEvent() {}
func (PriceChanged) productEvent()  {}

// events are the names under which events are stored, for ever.
var events = es.NewRegistry(
	es.Type[Event]("ProductListed", 1, ProductListed{}),
	es.Type[Event]("StockReceived", 1, StockReceived{}),
	es.Type[Event]("PriceChanged", 1, PriceChanged{}),
)
