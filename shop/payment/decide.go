package payment

import (
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/rule"
)

// AlreadyRequested is the violation of a second payment of an order while the first has not ended.
const AlreadyRequested rule.Code = "payment-already-requested"

// Request requests the payment of a customer's order from an account.
//
// Errors: [rule.Violation] with AlreadyRequested or rule.IDMalformed.
func (s State) Request(orderID, customerID, accountID string) ([]Event, error) {
	if !s.ended() {
		return nil, AlreadyRequested.Because("order %s is being paid from account %s already", orderID, s.AccountID)
	}
	if err := rule.ID("account id", accountID); err != nil {
		return nil, err
	}
	return []Event{PaymentRequested{OrderID: orderID, CustomerID: customerID, AccountID: accountID}}, nil
}

// FollowedEvents are the events of orders that a payment follows.
var FollowedEvents = []order.Event{order.OrderCancelled{}}

// OrderOf returns the payment that an event of an order is about.
func OrderOf(e projection.Event[order.Event]) string { return e.Stream.ID }

// Follow ends the payment of an order that was cancelled. What it took is given back.
func (s State) Follow(projection.Event[order.Event]) []Event {
	switch s.Status {
	case Taken:
		return []Event{OrderLost{}}
	case Requested, Reserved, Refused:
		return []Event{PaymentGivenUp{Reason: "the order is cancelled"}}
	default:
		return nil
	}
}
