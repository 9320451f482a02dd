package shop

import (
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/payment"
)

// PayOrder is the body of POST /payments.
type PayOrder struct {
	OrderID   annals.ID `json:"orderId" doc:"A placed order: customers pay their own, operators any"`
	AccountID annals.ID `json:"accountId" doc:"The account that pays"`
}

func (b PayOrder) account() annals.ID { return b.AccountID }
func (b PayOrder) order() annals.ID   { return b.OrderID }

// pay requests the payment of an order. The process of package payment does the rest.
func pay(tx *annals.Tx, b PayOrder) error {
	o, err := annals.Load(tx, order.Aggregate, string(b.OrderID))
	if err != nil {
		return err
	}
	if caller := tx.Caller(); !caller.Operates() && !caller.Is(o.State.CustomerID) {
		return annals.Forbid("another-customer", "the customer must be the caller: the subject of the token")
	}
	if err := o.State.AwaitsPayment(); err != nil {
		return err
	}
	p, err := annals.LoadOrNew(tx, payment.Aggregate, string(b.OrderID))
	if err != nil {
		return err
	}
	requested, err := p.State.Request(string(b.OrderID), o.State.CustomerID, string(b.AccountID))
	if err != nil {
		return err
	}
	p.Record(requested...)
	return nil
}

// payerOf is the customer whose order is paid.
func payerOf(e payment.PaymentRequested) string { return e.CustomerID }

// paying is the answer to a request to pay.
func paying(d *annals.Done, b PayOrder) (annals.Result[payment.State], error) {
	out, err := annals.ResultOf(d, payment.Aggregate, string(b.OrderID))
	if err != nil || out == nil {
		return annals.Result[payment.State]{}, err
	}
	return *out, nil
}
