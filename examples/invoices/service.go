package invoices

import "github.com/annals-es/annals/pkg/annals"

// New returns the declaration of the service.
func New() *annals.Service {
	return annals.New("invoices",
		annals.Aggregate(Invoice),
		annals.Aggregate(Day),
		annals.Create("POST /invoices", Invoice, State.Send),
		annals.Command("POST /invoices/{id}/payment", Invoice, annals.NoBody(State.Pay)),
		annals.AuditTrail("GET /streams/{type}/{id}"),
		PaymentTime,
		annals.Deadlines("overdue-invoices", Invoice, askForPayment, paymentIsDue, Event(Sent{}), Event(Paid{})),
		annals.Recurring("close-day", "cron(0 18 ? * MON-FRI *)", "Europe/Zurich", closeDay),
	)
}
