package payment

import (
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/money"
)

// Event is an event of a payment.
type Event interface{ paymentEvent() }

// PaymentRequested starts a payment of a customer's order from an account.
type PaymentRequested struct {
	OrderID    string `json:"orderId"`
	CustomerID string `json:"customerId"`
	AccountID  string `json:"accountId"`
}

// StockReserved means that the stock for all products of the order is reserved. The amount is what is to be paid.
type StockReserved struct {
	Amount money.Money `json:"amount"`
}

// AmountRefused means that the money could not be taken from the account, for a reason that may pass.
type AmountRefused struct {
	Reason string `json:"reason"`
}

// PayerReminded means that the payer is asked to cover the amount, and that it is tried again.
type PayerReminded struct{}

// AmountTaken means that the account and the order both have the payment.
type AmountTaken struct {
	Amount money.Money `json:"amount"`
}

// OrderLost means that the order was cancelled after it was paid.
type OrderLost struct{}

// AmountReturned means that the account has the money back.
type AmountReturned struct{}

// AmountOwed means that the account did not take the money back: it must be paid out in another way.
type AmountOwed struct {
	Reason string `json:"reason"`
}

// PaymentGivenUp ends a payment that came to nothing. The stock is released, if the order does not need it.
type PaymentGivenUp struct {
	Reason string `json:"reason"`
}

func (PaymentRequested) paymentEvent() {}
func (StockReserved) paymentEvent()    {}
func (AmountRefused) paymentEvent()    {}
func (PayerReminded) paymentEvent()    {}
func (AmountTaken) paymentEvent()      {}
func (OrderLost) paymentEvent()        {}
func (AmountReturned) paymentEvent()   {}
func (AmountOwed) paymentEvent()       {}
func (PaymentGivenUp) paymentEvent()   {}

// events are the names under which events are stored. They never change.
var events = es.NewRegistry(
	es.Type[Event]("PaymentRequested", 1, PaymentRequested{}),
	es.Type[Event]("StockReserved", 1, StockReserved{}),
	es.Type[Event]("AmountRefused", 1, AmountRefused{}),
	es.Type[Event]("PayerReminded", 1, PayerReminded{}),
	es.Type[Event]("AmountTaken", 1, AmountTaken{}),
	es.Type[Event]("OrderLost", 1, OrderLost{}),
	es.Type[Event]("AmountReturned", 1, AmountReturned{}),
	es.Type[Event]("AmountOwed", 1, AmountOwed{}),
	es.Type[Event]("PaymentGivenUp", 1, PaymentGivenUp{}),
)
