package reaction

import (
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
)

// paymentDue is the deadline by which an order must be paid in full.
const paymentDue = "payment"

// PayingEvents are the events that set, and cancel, the deadline of an order's payment.
var PayingEvents = []order.Event{order.OrderPlaced{}, order.PaymentReceived{}, order.OrderCancelled{}}

// PaymentDeadline returns the function that sets the deadline of an order's payment when the order is placed, and
// cancels it when nothing is left to pay. What is left is noted with the deadline.
func PaymentDeadline(within *annals.DurationSetting) func(*annals.Timetable, projection.Event[order.Event]) {
	return func(t *annals.Timetable, e projection.Event[order.Event]) {
		switch data := e.Data.(type) {
		case order.OrderPlaced:
			if data.Total.Sign() > 0 { // otherwise there is nothing to pay
				t.Set(paymentDue, e.At.Add(within.In(t.Running)))
				t.Note(paymentDue, data.Total)
			}
		case order.PaymentReceived:
			paid(t, data.Amount)
		case order.OrderCancelled:
			t.Cancel(paymentDue)
		}
	}
}

// paid notes how much is left to pay. If that can't be computed, the deadline stays: the order shows whether it is
// paid.
func paid(t *annals.Timetable, amount money.Money) {
	var left money.Money
	if !t.Noted(paymentDue, &left) {
		return
	}
	left, err := left.Sub(amount)
	switch {
	case err != nil:
	case left.Sign() <= 0:
		t.Cancel(paymentDue)
	default:
		t.Note(paymentDue, left)
	}
}

// CancelUnpaid cancels an order that is still not paid in full at its deadline. It does nothing to any other order.
//
// Errors: [es.NotFoundError] if there is no such order; those of the store.
func CancelUnpaid(tx *annals.Tx, due annals.Due) error {
	o, err := annals.Load(tx, order.Aggregate, due.Stream.ID)
	if err != nil {
		return err
	}
	if o.State.Status != order.StatusPlaced {
		return nil
	}
	cancelled, err := o.State.Cancel()
	if err != nil {
		return fmt.Errorf("cancel %s, which is not paid by %s: %w", due.Stream, due.At.Format(time.RFC3339), err)
	}
	o.Record(cancelled...)
	return nil
}
