package product

import "github.com/annals-es/annals/shop/rule"

// Reserve reserves units for an order. If the order already has a reservation, there are no events.
//
// Errors: [rule.Violation] with NotListed, rule.IDMalformed, rule.QuantityNotPositive or InsufficientStock.
func (s State) Reserve(orderID string, quantity int) ([]Event, error) {
	if err := s.mustBeListed(); err != nil {
		return nil, err
	}
	if err := rule.ID("order id", orderID); err != nil {
		return nil, err
	}
	if quantity < 1 { // no upper limit, unlike in one command: the lines of an order add up
		return nil, rule.QuantityNotPositive.Because("the quantity must be at least 1, it is %d", quantity)
	}
	if s.hasReserved(orderID) {
		return nil, nil
	}
	if free := s.Free(); quantity > free {
		return nil, InsufficientStock.Because("%d units are free, %d are needed", free, quantity)
	}
	return []Event{StockReserved{OrderID: orderID, Quantity: quantity}}, nil
}

// Release frees the units that are reserved for an order. If there are none, there are no events.
func (s State) Release(orderID string) []Event {
	if !s.hasReserved(orderID) {
		return nil
	}
	return []Event{ReservationReleased{OrderID: orderID}}
}

// Fulfill takes the units that are reserved for an order out of the stock. If there are none, there are no events.
func (s State) Fulfill(orderID string) []Event {
	if !s.hasReserved(orderID) {
		return nil
	}
	return []Event{ReservationFulfilled{OrderID: orderID}}
}

func (s State) hasReserved(orderID string) bool {
	_, reserved := s.Reserved[orderID]
	return reserved
}
