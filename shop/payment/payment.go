// Package payment is the process that pays a placed order from an account. It reserves the order's stock, takes the
// money from the account, and gives both back if it comes to nothing. Start with [Aggregate] and [State]; the steps are
// in step.go.
package payment

import (
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/money"
)

// Aggregate ties a payment's state to its events. A payment has the id of its order.
var Aggregate = es.Aggregate[State, Event]{StreamType: "Payment", Events: events, Evolve: evolve}

// Status is where a payment is, "" before it is requested.
type Status string

// The statuses.
const (
	// Requested: nothing is done yet.
	Requested Status = "requested"
	// Reserved: the stock is reserved, and the money is to be taken.
	Reserved Status = "reserved"
	// Refused: the account did not cover the amount. It is tried again later.
	Refused Status = "refused"
	// Taken: the order is paid.
	Taken Status = "taken"
	// Returning: the order was cancelled, and the money is to be given back.
	Returning Status = "returning"
	// GivenUp, Returned and Owed are ends. Owed: the account did not take the money back.
	GivenUp  Status = "given-up"
	Returned Status = "returned"
	Owed     Status = "owed"
)

// State is a payment after some of its events.
type State struct {
	OrderID   string      `json:"orderId"`
	AccountID string      `json:"accountId"`
	Status    Status      `json:"status"`
	Amount    money.Money `json:"amount,omitzero"`
	// Reason is why it was refused, given up or is owed.
	Reason string `json:"reason,omitempty"`
	// Reminders is how often it was tried again.
	Reminders int `json:"reminders,omitempty"`
}

// ended reports whether a new payment may be requested.
func (s State) ended() bool {
	return s.Status == "" || s.Status == GivenUp || s.Status == Returned || s.Status == Owed
}

func evolve(s *State, event Event) {
	switch e := event.(type) {
	case PaymentRequested:
		*s = State{OrderID: e.OrderID, AccountID: e.AccountID, Status: Requested}
	case StockReserved:
		s.Status, s.Amount = Reserved, e.Amount
	case AmountRefused:
		s.Status, s.Reason = Refused, e.Reason
	case PayerReminded:
		s.Status, s.Reminders = Reserved, s.Reminders+1
	case AmountTaken:
		s.Status, s.Amount = Taken, e.Amount
	case OrderLost:
		s.Status = Returning
	case AmountReturned:
		s.Status = Returned
	case AmountOwed:
		s.Status, s.Reason = Owed, e.Reason
	case PaymentGivenUp:
		s.Status, s.Reason = GivenUp, e.Reason
	}
}
