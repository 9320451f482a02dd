package shop_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// step is a request of a story and what it must answer with.
type step struct {
	target, body string
	events       string // "MoneyDeposited@2"
	state        string // a part of the resulting state
}

// TestCommands goes through every command, and checks answers and headers.
func TestCommands(t *testing.T) {
	t.Parallel()
	const (
		item    = `{"productId":"p","quantity":2,"unitPrice":{"amount":"2.50","currency":"USD"}}`
		address = `{"recipient":"Ada","line1":"1 Road","city":"Town","postalCode":"","country":"Noland"}`
	)
	stories := map[string][]step{
		"Account#a": {
			{"POST /accounts", openA, "AccountOpened@1", `"balance":{"amount":"10.00","currency":"USD"}`},
			{
				"POST /accounts/a/deposits", `{"amount":{"amount":"5.5","currency":"USD"},"description":"pay"}`,
				"MoneyDeposited@2", `"15.50"`,
			},
			{"POST /accounts/a/withdrawals", `{"amount":{"amount":"15.50","currency":"USD"}}`, "MoneyWithdrawn@3", `"0.00"`},
			{"POST /accounts/a/close", "", "AccountClosed@4", `"status":"closed"`},
		},
		"Order#o": {
			{
				"POST /orders", `{"orderId":"o","customerId":"c","items":[` + item + `]}`,
				"OrderCreated@1 ItemAdded@2", `"total":{"amount":"5.00","currency":"USD"}`,
			},
			{"POST /orders/o/items", item, "ItemAdded@3", `"quantity":4`},
			{"POST /orders/o/items", strings.Replace(item, `"p"`, `"q"`, 1), "ItemAdded@4", `"productId":"q"`},
			{"DELETE /orders/o/items/q", "", "ItemRemoved@5", `"10.00"`},
			{"PUT /orders/o/shipping-address", address, "ShippingAddressSet@6", `"line1":"1 Road"`},
			{"POST /orders/o/place", "", "OrderPlaced@7", `"status":"placed"`},
			{
				"POST /orders/o/payments", `{"paymentId":"x","amount":{"amount":"4","currency":"USD"}}`,
				"PaymentReceived@8", `"paid":{"amount":"4.00","currency":"USD"}`,
			},
			{
				"POST /orders/o/payments", `{"paymentId":"y","amount":{"amount":"6","currency":"USD"}}`,
				"PaymentReceived@9", `"status":"paid"`,
			},
			{"POST /orders/o/shipments", `{"trackingNumber":"T-1"}`, "OrderShipped@10", `"trackingNumber":"T-1"`},
			{"POST /orders/o/delivery", "{}", "OrderDelivered@11", `"status":"delivered"`},
		},
		"Order#n": {
			{"POST /orders", `{"orderId":"n","customerId":"c"}`, "OrderCreated@1", `"items":[]`},
			{"POST /orders/n/cancel", "{}", "OrderCancelled@2", `"status":"cancelled"`},
		},
		"Product#p": {
			{"POST /products", listP, "ProductListed@1", `"name":"Tea"`},
			{"POST /products/p/stock", `{"quantity":7}`, "StockReceived@2", `"received":7`},
			{"POST /products/p/price", `{"unitPrice":{"amount":"3","currency":"USD"}}`, "PriceChanged@3", `"3.00"`},
		},
	}
	for stream, steps := range stories {
		t.Run(stream, func(t *testing.T) {
			t.Parallel()
			c := newClient(t)
			if stream == "Order#o" {
				c.ok(t, "POST /products", listP)
				c.ok(t, "POST /products", strings.Replace(listP, `"p"`, `"q"`, 1))
			}
			for _, s := range steps {
				s.check(t, stream, c.ok(t, s.target, s.body, "X-Correlation-Id: story-1"))
			}
		})
	}
}

func (s step) check(t *testing.T, stream string, got answer) {
	t.Helper()
	r := got.result(t)
	_, id, _ := strings.Cut(stream, "#")
	var events []string
	for _, e := range r.Events {
		events = append(events, fmt.Sprintf("%s@%d", e.Type, e.Version))
	}
	if strings.Join(events, " ") != s.events || r.ID != id {
		t.Errorf("%s: events %v of %s, want %s", s.target, events, r.ID, s.events)
	}
	if !strings.Contains(string(r.State), s.state) {
		t.Errorf("%s: state %s, want %s in it", s.target, r.State, s.state)
	}
	status, location := http.StatusOK, ""
	if _, path, _ := strings.Cut(s.target, " "); strings.Count(path, "/") == 1 {
		status, location = http.StatusCreated, path+"/"+id
	}
	want := map[string]string{
		"ETag":              fmt.Sprintf(`"%d"`, r.Version),
		"Consistency-Token": fmt.Sprintf("%s@%d", stream, r.Version),
		"X-Correlation-Id":  "story-1",
		"Location":          location,
		"Content-Type":      "application/json",
	}
	for name, value := range want {
		if got.header.Get(name) != value {
			t.Errorf("%s: %s is %q, want %q", s.target, name, got.header.Get(name), value)
		}
	}
	if got.status != status {
		t.Errorf("%s: status %d, want %d", s.target, got.status, status)
	}
	if last := r.Events[len(r.Events)-1]; last.Version != r.Version {
		t.Errorf("%s: version %d, last event %d", s.target, r.Version, last.Version)
	}
}

func TestCreatedWithoutID(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	const body = `{"ownerName":"Ada","initialDeposit":{"amount":"0","currency":"USD"}}`
	first, second := c.ok(t, "POST /accounts", body).result(t), c.ok(t, "POST /accounts", body).result(t)
	if first.ID == second.ID {
		t.Errorf("both commands have the id %s", first.ID)
	}
	one, again := c.ok(t, "POST /accounts", body, "Idempotency-Key: k"),
		c.ok(t, "POST /accounts", body, "Idempotency-Key: k")
	if one.text != again.text || again.status != http.StatusCreated ||
		one.header.Get("Location") != again.header.Get("Location") {
		t.Errorf("first answer %d %s, answer to the repeat %d %s; want the same",
			one.status, one.text, again.status, again.text)
	}
	if id := one.result(t).ID; c.commits(t, "Account", id) != 1 || id == first.ID {
		t.Errorf("account %s has %d commits", id, c.commits(t, "Account", id))
	}
	c.send(t, "POST /accounts", strings.Replace(body, "Ada", "Bob", 1), "Idempotency-Key: k").
		refused(t, http.StatusUnprocessableEntity, "idempotency-key-reused")
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ok(t, "POST /accounts", openA)
	c.ok(t, "POST /accounts", openB)
	const transfer = `{"fromAccountId":"a","toAccountId":"b","amount":{"amount":"4","currency":"USD"},` +
		`"description":"rent"}`
	got := c.ok(t, "POST /transfers", transfer, "Idempotency-Key: k")
	var both struct{ From, To result }
	got.into(t, &both)
	if both.From.Version != 2 || both.To.Version != 2 || both.From.Events[0].Type != "MoneyWithdrawn" ||
		both.To.Events[0].Type != "MoneyDeposited" {
		t.Errorf("transfer: %s, want version 2 of both accounts", got.text)
	}
	if !strings.Contains(string(both.From.State), `"6.00"`) || !strings.Contains(string(both.To.State), `"4.00"`) {
		t.Errorf("transfer: %s, want 6.00 and 4.00", got.text)
	}
	if token := got.header.Get("Consistency-Token"); token != "Account#a@2,Account#b@2" || got.header.Get("ETag") != "" {
		t.Errorf("token %q, ETag %q", token, got.header.Get("ETag"))
	}
	c.ok(t, "POST /accounts/a/deposits", usd5) // the repeat answers with what was then
	if again := c.ok(t, "POST /transfers", transfer, "Idempotency-Key: k"); again.text != got.text {
		t.Errorf("first answer %s, answer to the repeat %s; want the same", got.text, again.text)
	}
	refusals := map[string]struct {
		change []string
		status int
		code   string
	}{
		"too much":        {[]string{`"4"`, `"400"`}, http.StatusUnprocessableEntity, "insufficient-funds"},
		"to itself":       {[]string{`"b"`, `"a"`}, http.StatusUnprocessableEntity, "same-account"},
		"to nobody":       {[]string{`"b"`, `"x"`}, http.StatusNotFound, "not-found"},
		"from nobody":     {[]string{`"a"`, `"x"`}, http.StatusNotFound, "not-found"},
		"nothing":         {[]string{`"4"`, `"0"`}, http.StatusUnprocessableEntity, "amount-not-positive"},
		"in another coin": {[]string{`USD`, `EUR`}, http.StatusUnprocessableEntity, "currency-mismatch"},
	}
	t.Run("refused", func(t *testing.T) { // all of them, before what follows
		for name, tt := range refusals {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c.send(t, "POST /transfers", strings.NewReplacer(tt.change...).Replace(transfer)).refused(t, tt.status, tt.code)
			})
		}
	})
	if a, b := c.commits(t, "Account", "a"), c.commits(t, "Account", "b"); a != 3 || b != 2 {
		t.Errorf("%d commits of a, %d of b", a, b)
	}
}
