package payment

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/rule"
)

type (
	// Payment is a payment in a decision.
	Payment = es.Entity[State, Event]
	// Order is an order in a decision.
	Order = es.Entity[order.State, order.Event]
)

// maxProducts is the largest number of products of an order that can be paid from an account: one transaction has the
// payment, the order and each product.
const maxProducts = es.MaxStreams - 2

// SteppingEvents are the events that [Step] follows.
var SteppingEvents = []Event{
	PaymentRequested{}, StockReserved{}, PayerReminded{}, OrderLost{}, PaymentGivenUp{},
}

// Step does what follows the payment's status. It depends on the status alone, so it may be repeated, and it may come
// late.
//
// Errors: those of the store, after which it must be repeated.
func Step(tx *annals.Tx, p *Payment, _ projection.Event[Event]) error {
	switch p.State.Status {
	case Requested:
		return reserve(tx, p)
	case Reserved:
		return take(tx, p)
	case Returning:
		return giveBack(tx, p)
	case GivenUp:
		return release(tx, p)
	default:
		return nil
	}
}

// payable loads the order. If it can't be paid any more, payable gives the payment up and returns nil.
func payable(tx *annals.Tx, p *Payment) (*Order, error) {
	o, err := annals.Load(tx, order.Aggregate, p.State.OrderID)
	switch {
	case errors.As(err, new(*es.NotFoundError)):
		p.Record(PaymentGivenUp{Reason: "there is no such order"})
		return nil, nil
	case err != nil:
		return nil, err
	case o.State.Status != order.StatusPlaced:
		p.Record(PaymentGivenUp{Reason: "the order is " + string(o.State.Status)})
		return nil, nil
	}
	return o, nil
}

// reserve reserves the stock of all products of the order, or gives up.
func reserve(tx *annals.Tx, p *Payment) error {
	o, err := payable(tx, p)
	if o == nil {
		return err
	}
	due, err := o.State.Total.Sub(o.State.Paid)
	if err != nil {
		return err
	}
	units := unitsOf(o.State)
	if len(units) > maxProducts {
		p.Record(PaymentGivenUp{Reason: fmt.Sprintf("the order has more than %d products", maxProducts)})
		return nil
	}
	var keep []func()
	for _, id := range slices.Sorted(maps.Keys(units)) {
		one, err := annals.Load(tx, product.Aggregate, id)
		var events []product.Event
		if err == nil {
			events, err = one.State.Reserve(p.State.OrderID, units[id])
		}
		if reason, refused := refusal(err); refused {
			p.Record(PaymentGivenUp{Reason: "product " + id + ": " + reason})
			return nil
		}
		if err != nil {
			return err
		}
		keep = append(keep, func() { one.Record(events...) })
	}
	for _, do := range keep {
		do()
	}
	p.Record(StockReserved{Amount: due})
	return nil
}

// take takes the money from the account and pays the order, in one transaction.
func take(tx *annals.Tx, p *Payment) error {
	o, err := payable(tx, p)
	if o == nil {
		return err
	}
	due, err := o.State.Total.Sub(o.State.Paid)
	if err != nil {
		return err
	}
	from, err := annals.Load(tx, account.Aggregate, p.State.AccountID)
	var taken []account.Event
	if err == nil {
		taken, err = from.State.Withdraw(due, "order "+p.State.OrderID)
	}
	if reason, refused := refusal(err); refused {
		p.Record(AmountRefused{Reason: reason})
		return nil
	}
	if err != nil {
		return err
	}
	paid, err := o.State.ReceivePayment("account-"+tx.CommandID(), due)
	if reason, refused := refusal(err); refused {
		p.Record(PaymentGivenUp{Reason: reason})
		return nil
	}
	if err != nil {
		return err
	}
	from.Record(taken...)
	o.Record(paid...)
	p.Record(AmountTaken{Amount: due})
	return nil
}

// giveBack gives the money back after the order was cancelled. If the account does not take it, it is owed.
func giveBack(tx *annals.Tx, p *Payment) error {
	to, err := annals.Load(tx, account.Aggregate, p.State.AccountID)
	if err != nil {
		return err
	}
	returned, err := to.State.Deposit(p.State.Amount, "order "+p.State.OrderID+" was cancelled")
	if reason, refused := refusal(err); refused { // the account was closed, for example
		p.Record(AmountOwed{Reason: reason})
		return nil
	}
	if err != nil {
		return err
	}
	to.Record(returned...)
	p.Record(AmountReturned{})
	return nil
}

// release gives the reserved stock back, unless the order is paid in another way and needs it.
func release(tx *annals.Tx, p *Payment) error {
	o, err := annals.Load(tx, order.Aggregate, p.State.OrderID)
	if errors.As(err, new(*es.NotFoundError)) {
		return nil
	}
	if err != nil {
		return err
	}
	units := unitsOf(o.State)
	if s := o.State.Status; s != order.StatusPlaced && s != order.StatusCancelled || len(units) > maxProducts {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(units)) {
		one, err := annals.Load(tx, product.Aggregate, id)
		if errors.As(err, new(*es.NotFoundError)) {
			continue
		}
		if err != nil {
			return err
		}
		one.Record(one.State.Release(p.State.OrderID)...)
	}
	return nil
}

// refusal reports whether an error is a refusal by a rule, or of something that is not there, and why.
func refusal(err error) (reason string, refused bool) {
	if v := (*rule.Violation)(nil); errors.As(err, &v) {
		return string(v.Code), true
	}
	if errors.As(err, new(*es.NotFoundError)) {
		return "not found", true
	}
	return "", false
}

// unitsOf is how many units of each product an order has, over all its lines.
func unitsOf(o order.State) map[string]int {
	units := map[string]int{}
	for _, item := range o.Items {
		units[item.ProductID] += item.Quantity
	}
	return units
}
