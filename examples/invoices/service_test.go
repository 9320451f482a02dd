package invoices_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/examples/invoices"
	"github.com/annals-es/annals/pkg/annals/annalstest"
)

// TestPaymentIsDue: an invoice that is not paid in time becomes overdue, and one that is paid does not.
func TestPaymentIsDue(t *testing.T) {
	t.Parallel()
	s := annalstest.Run(t, invoices.New(), annalstest.Config{Settings: map[string]string{"PAYMENT_TIME": "72h"}})
	s.Do(t, "POST /invoices", `{"invoiceId":"late","amount":"9.00"}`)
	s.Do(t, "POST /invoices", `{"invoiceId":"paid","amount":"9.00"}`)
	s.Do(t, "POST /invoices/paid/payment", "")

	s.Advance(t, 71*time.Hour) // not due yet
	if open := s.Deadlines(t); len(open) != 1 || open[0].Name != "payment" || open[0].Stream.ID != "late" {
		t.Errorf("open deadlines: %v, want the payment of Invoice#late", open)
	}
	s.Advance(t, time.Hour)
	for id, want := range map[string]bool{"late": true, "paid": false} {
		trail := s.Do(t, "GET /streams/Invoice/"+id, "").Body.String()
		if strings.Contains(trail, "InvoiceOverdue") != want {
			t.Errorf("%s: is it overdue? want %t: %s", id, want, trail)
		}
	}
}

// TestCloseDay: a day is closed once, however often the work is done.
func TestCloseDay(t *testing.T) {
	t.Parallel()
	s := annalstest.Run(t, invoices.New())
	for range 2 {
		if err := s.Recur(t.Context(), "close-day", time.Date(2027, 3, 1, 17, 0, 0, 0, time.UTC)); err != nil {
			t.Error(err)
		}
	}
	trail := s.Do(t, "GET /streams/Day/2027-03-01", "").Body.String()
	if strings.Count(trail, "DayClosed") != 1 {
		t.Errorf("the day's events: %s, want one DayClosed", trail)
	}
}

// TestInvoice: an invoice is paid once.
func TestInvoice(t *testing.T) {
	t.Parallel()
	s := annalstest.Run(t, invoices.New())
	for _, step := range []struct {
		route, body string
		status      int
	}{
		{"POST /invoices", `{"invoiceId":"i","amount":"9.00"}`, http.StatusCreated},
		{"POST /invoices/i/payment", "", http.StatusOK},
		{"POST /invoices/i/payment", "", http.StatusUnprocessableEntity},
	} {
		if got := s.Do(t, step.route, step.body); got.Code != step.status {
			t.Errorf("%s: %d %s, want %d", step.route, got.Code, got.Body, step.status)
		}
	}
}
