package reaction_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/annals/annalstest"
	"github.com/annals-es/annals/shop"
)

// orders are the orders of a shop in a test.
type orders struct {
	t *testing.T
	*annalstest.Service
}

func (o orders) do(route, body string, status int) string {
	o.t.Helper()
	ctx := annalshttp.WithPrincipal(o.t.Context(), "ann", "shop/command", "shop/query", "shop/operate")
	out := o.As(o.t, ctx, route, body)
	if out.Code != status {
		o.t.Fatalf("%s: %d %s, want %d", route, out.Code, out.Body, status)
	}
	return out.Body.String()
}

// stock lists tea, of which there is enough.
func (o orders) stock() {
	o.t.Helper()
	o.do("POST /products", `{"productId":"tea","name":"Tea","unitPrice":{"amount":"5","currency":"USD"}}`, http.StatusCreated)
	o.do("POST /products/tea/stock", `{"quantity":100}`, http.StatusOK)
}

// place creates and places an order of 10 USD.
func (o orders) place(id string) {
	o.t.Helper()
	o.do("POST /orders", fmt.Sprintf(`{"orderId":%q,"customerId":"ann","items":[{"productId":"tea","quantity":2,
		"unitPrice":{"amount":"5","currency":"USD"}}]}`, id), http.StatusCreated)
	o.do("PUT /orders/"+id+"/shipping-address", `{"recipient":"Ann","line1":"1 Road","city":"Reims","country":"France"}`,
		http.StatusOK)
	o.do("POST /orders/"+id+"/place", "", http.StatusOK)
}

func (o orders) pay(id, payment, amount string) {
	o.t.Helper()
	o.do("POST /orders/"+id+"/payments",
		fmt.Sprintf(`{"paymentId":%q,"amount":{"amount":%q,"currency":"USD"}}`, payment, amount), http.StatusOK)
}

func (o orders) status(id, want string) {
	o.t.Helper()
	if got := o.do("GET /orders/"+id, "", http.StatusOK); !strings.Contains(got, fmt.Sprintf(`"status":%q`, want)) {
		o.t.Errorf("order %s: %s, want it %s", id, got, want)
	}
}

// open are the orders with an open deadline.
func (o orders) open() string {
	o.t.Helper()
	var all []string
	for _, d := range o.Deadlines(o.t) {
		all = append(all, d.Stream.ID+" "+d.Name)
	}
	return strings.Join(all, ", ")
}

// TestCancelUnpaid: an order that is not paid within three days is canceled, and no other.
func TestCancelUnpaid(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			o := orders{t, annalstest.Run(t, shop.New(), annalstest.Config{Hostile: seed})}
			o.stock()
			for _, id := range []string{"unpaid", "paid", "partly", "paid-in-parts", "cancelled", "late"} {
				o.place(id)
			}
			o.pay("paid", "p", "10")
			o.pay("partly", "p", "9.99")
			o.pay("paid-in-parts", "p1", "4")
			o.pay("paid-in-parts", "p2", "6")
			o.do("POST /orders/cancelled/cancel", "", http.StatusOK)
			if got, want := o.open(), "unpaid payment, partly payment, late payment"; got != want {
				t.Errorf("open deadlines: %s, want %s", got, want)
			}
			o.Advance(t, 71*time.Hour)
			o.status("unpaid", "placed")
			o.pay("late", "p", "10")
			o.Advance(t, time.Hour)
			for id, status := range map[string]string{
				"unpaid": "cancelled", "paid": "paid", "partly": "cancelled", "paid-in-parts": "paid", "cancelled": "cancelled",
				"late": "paid",
			} {
				o.status(id, status)
			}
			if got := o.open(); got != "" {
				t.Errorf("open deadlines in the end: %s", got)
			}
			trail := o.do("GET /streams/Order/unpaid", "", http.StatusOK)
			if n := strings.Count(trail, `"OrderCancelled"`); n != 1 || !strings.Contains(trail, "reactor/cancel-unpaid") {
				t.Errorf("the order was canceled %d times, want once by the timer: %s", n, trail)
			}
		})
	}
}

// TestPaymentDeadlineSetting: the stage sets within what time an order must be paid.
func TestPaymentDeadlineSetting(t *testing.T) {
	t.Parallel()
	o := orders{t, annalstest.Run(t, shop.New(), annalstest.Config{Settings: map[string]string{"PAYMENT_DEADLINE": "5s"}})}
	o.stock()
	o.place("unpaid")
	o.Advance(t, 5*time.Second)
	o.status("unpaid", "cancelled")
}
