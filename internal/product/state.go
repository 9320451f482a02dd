// Package product is the aggregate Product: a name, a price and the stock received. What was sold of it is the orders' to say.
package product

import (
	"github.com/annals-es/annals/internal/money"
	"github.com/annals-es/annals/pkg/es"
)

// Aggregate ties a product's state to its events.
var Aggregate = es.Aggregate[State, Event]{StreamType: "Product", Events: events, Evolve: evolve}

// State is a product after some of its events. The API shows it as it is.
type State struct {
	ProductID string      `json:"productId"`
	Name      string      `json:"name"`
	UnitPrice money.Money `json:"unitPrice"`
	// Received is how many units were received in all.
	Received int `json:"received"`
}

func evolve(s *State, event Event) {
	switch e := event.(type) {
	case ProductListed:
		*s = State{ProductID: e.ProductID, Name: e.Name, UnitPrice: e.UnitPrice}
	case StockReceived:
		s.Received += e.Quantity
	case PriceChanged:
		s.UnitPrice = e.UnitPrice
	}
}
