// Package invoices is a small service with a deadline and with recurring work: an invoice that is not paid in time
// becomes overdue, and each working day is closed in the evening. Start with [New].
package invoices

import (
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/refusal"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Event is an event of an invoice.
type Event interface{ isInvoiceEvent() }

// The events of an invoice.
type (
	// Sent is an invoice's first event.
	Sent struct {
		Amount string `json:"amount"`
	}
	// Paid is the payment of the whole amount.
	Paid struct{}
	// Overdue says that the invoice was not paid in time.
	Overdue struct{}
)

func (Sent) isInvoiceEvent()    {}
func (Paid) isInvoiceEvent()    {}
func (Overdue) isInvoiceEvent() {}

// State is an invoice as decisions see it.
type State struct {
	Amount string `json:"amount"`
	Status string `json:"status"`
}

// Invoice is the aggregate.
var Invoice = es.Aggregate[State, Event]{
	StreamType: "Invoice",
	Events: es.NewRegistry(
		es.Type[Event]("InvoiceSent", 1, Sent{}),
		es.Type[Event]("InvoicePaid", 1, Paid{}),
		es.Type[Event]("InvoiceOverdue", 1, Overdue{}),
	),
	Evolve: func(s *State, event Event) {
		switch e := event.(type) {
		case Sent:
			*s = State{Amount: e.Amount, Status: "sent"}
		case Paid:
			s.Status = "paid"
		case Overdue:
			s.Status = "overdue"
		}
	},
}

// PaidAlready is the rule that an invoice is paid once.
const PaidAlready refusal.Code = "paid-already"

// Send is the body of POST /invoices.
type Send struct {
	ID     annals.ID `json:"invoiceId,omitempty" annals:"id" doc:"The service makes an id if it is absent"`
	Amount string    `json:"amount" minLength:"1"`
}

// Send sends the invoice.
func (State) Send(b Send) ([]Event, error) { return []Event{Sent{Amount: b.Amount}}, nil }

// Pay pays the invoice, in time or not.
func (s State) Pay() ([]Event, error) {
	if s.Status == "paid" {
		return nil, PaidAlready.Because("the invoice is paid")
	}
	return []Event{Paid{}}, nil
}

// PaymentTime is how long a customer has to pay. Each stage may set it.
var PaymentTime = annals.Setting("paymentTime", 30*24*time.Hour)

// askForPayment asks for the deadline of an invoice's payment, and cancels it when the invoice is paid.
func askForPayment(t *annals.Timetable, e projection.Event[Event]) {
	switch e.Data.(type) {
	case Sent:
		t.Set("payment", e.At.Add(PaymentTime.In(t.Running)))
	case Paid:
		t.Cancel("payment")
	}
}

// paymentIsDue decides on the invoice as it is now. It does nothing if the invoice was paid.
func paymentIsDue(tx *annals.Tx, d annals.Due) error {
	invoice, err := annals.Load(tx, Invoice, d.Stream.ID)
	if err != nil || invoice.State.Status != "sent" {
		return err
	}
	invoice.Record(Overdue{})
	return nil
}
