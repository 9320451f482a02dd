// Package product is the aggregate Product: a name, a price, the stock received and the stock reserved. What was sold
// is in the orders, which it knows only by their ids. Start with [Aggregate] and [State].
package product

import (
	"maps"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/money"
)

// Aggregate ties a product's state to its events.
var Aggregate = es.Aggregate[State, Event]{StreamType: "Product", Events: events, Evolve: evolve}

// State is a product after some of its events. The API shows it unchanged.
type State struct {
	ProductID string      `json:"productId"`
	Name      string      `json:"name"`
	UnitPrice money.Money `json:"unitPrice"`
	// Received is how many units were received in total.
	Received int `json:"received"`
	// Reserved is how many units are reserved for each order that is paid and neither shipped nor cancelled, by order
	// id; nil if there are none.
	Reserved map[string]int `json:"reserved,omitempty"`
	// Consumed is how many reserved units were shipped with their orders.
	Consumed int `json:"consumed,omitempty"`
}

// Free is how many units can be reserved: those received, less those reserved or shipped from a reservation. Units that
// were shipped without a reservation are not subtracted.
func (s State) Free() int {
	free := s.Received - s.Consumed
	for _, units := range s.Reserved {
		free -= units
	}
	return free
}

// evolve makes a new map and never changes the old one, because other copies of the state may share it.
func evolve(s *State, event Event) {
	switch e := event.(type) {
	case ProductListed:
		*s = State{ProductID: e.ProductID, Name: e.Name, UnitPrice: e.UnitPrice}
	case StockReceived:
		s.Received += e.Quantity
	case PriceChanged:
		s.UnitPrice = e.UnitPrice
	case StockReserved:
		reserved := make(map[string]int, len(s.Reserved)+1)
		maps.Copy(reserved, s.Reserved)
		reserved[e.OrderID] += e.Quantity
		s.Reserved = reserved
	case ReservationReleased:
		s.unreserve(e.OrderID)
	case ReservationFulfilled:
		s.Consumed += s.unreserve(e.OrderID)
	}
}

// unreserve ends an order's reservation, and returns how many units it held.
func (s *State) unreserve(orderID string) int {
	units := s.Reserved[orderID]
	s.Reserved = maps.Clone(s.Reserved)
	delete(s.Reserved, orderID)
	if len(s.Reserved) == 0 {
		s.Reserved = nil // as it is read from JSON
	}
	return units
}
