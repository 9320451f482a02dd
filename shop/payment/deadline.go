package payment

import (
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es/projection"
)

// The deadlines of a payment.
const (
	reminder = "reminder"
	giveUp   = "give-up"
)

// Deadlines returns the function that asks for a payment's deadlines. It is given up after a time, and the payer is
// reminded when a third of that time has passed since the account did not cover the amount.
func Deadlines(within *annals.DurationSetting) func(*annals.Timetable, projection.Event[Event]) {
	return func(t *annals.Timetable, e projection.Event[Event]) {
		switch e.Data.(type) {
		case PaymentRequested:
			t.Set(giveUp, e.At.Add(within.In(t.Running)))
		case AmountRefused:
			t.Set(reminder, e.At.Add(within.In(t.Running)/3))
		case AmountTaken, PaymentGivenUp:
			t.CancelAll()
		}
	}
}

// Due reminds the payer, or gives the payment up.
func Due(_ *annals.Tx, p *Payment, due annals.Due) error {
	waits := p.State.Status == Requested || p.State.Status == Reserved || p.State.Status == Refused
	switch {
	case due.Name == reminder && p.State.Status == Refused:
		p.Record(PayerReminded{})
	case due.Name == giveUp && waits:
		p.Record(PaymentGivenUp{Reason: "not paid in time"})
	}
	return nil
}
