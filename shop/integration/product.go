package integration

import (
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/shop/product"
)

// ProductListed means that a product can be ordered.
type ProductListed struct {
	ProductID string `json:"productId" doc:"The product's id"`
	Name      string `json:"name" doc:"What the product is called"`
	UnitPrice Money  `json:"unitPrice" doc:"The price of a unit"`
}

// PriceChanged sets the price of future orders.
type PriceChanged struct {
	ProductID string `json:"productId" doc:"The product's id"`
	UnitPrice Money  `json:"unitPrice" doc:"The price of a unit from now on"`
}

// StockReceived adds to a product's stock.
type StockReceived struct {
	ProductID string `json:"productId" doc:"The product's id"`
	Quantity  int    `json:"quantity" minimum:"1" doc:"How many units were received"`
}

// Type implements [publish.Data].
func (ProductListed) Type() string { return "product.listed.v1" }

// Type implements [publish.Data].
func (PriceChanged) Type() string { return "product.price-changed.v1" }

// Type implements [publish.Data].
func (StockReceived) Type() string { return "product.stock-received.v1" }

// OfProduct returns the public form of an event of the product with an id, nil if the event is private.
//
// Errors: one for an event type that it does not know.
func OfProduct(id string, event product.Event) (publish.Data, error) {
	switch e := event.(type) {
	case product.ProductListed:
		return ProductListed{ProductID: id, Name: e.Name, UnitPrice: amount(e.UnitPrice)}, nil
	case product.PriceChanged:
		return PriceChanged{ProductID: id, UnitPrice: amount(e.UnitPrice)}, nil
	case product.StockReceived:
		return StockReceived{ProductID: id, Quantity: e.Quantity}, nil
	case product.StockReserved, product.ReservationReleased, product.ReservationFulfilled:
		// private: how stock is reserved may change
		return nil, nil
	}
	return undecided(event)
}
