package shop_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestWholeService: every query shows what commands did, in one process in memory.
func TestWholeService(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	running := open(t, store, nil)
	engine := projection.NewEngine(store, running.Catalog, projection.Config{}, running.Subscriptions...)
	handler, err := annalshttp.Handler(running, annalshttp.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{handler: handler, store: store}
	for _, s := range []step{
		{target: "POST /accounts", body: openA},
		{target: "POST /accounts/a/deposits", body: usd5},
		{target: "POST /products", body: listP},
		{target: "POST /products/p/stock", body: `{"quantity":7}`},
		{target: "POST /orders", body: `{"orderId":"o","customerId":"ada","items":[{"productId":"p","quantity":2}]}`},
		{
			target: "PUT /orders/o/shipping-address",
			body:   `{"recipient":"Ada","line1":"1 Road","city":"Town","country":"Noland"}`,
		},
		{target: "POST /orders/o/place"},
	} {
		c.ok(t, s.target, s.body)
	}
	for _, stream := range []es.StreamID{
		{Type: "Account", ID: "a"}, {Type: "Product", ID: "p"}, {Type: "Order", ID: "o"},
	} {
		for commit, err := range store.Read(t.Context(), stream, es.Range{}) {
			if err != nil {
				t.Fatal(err)
			}
			if failed := engine.Apply(t.Context(), []es.Commit{commit}); len(failed) > 0 {
				t.Fatal(failed)
			}
		}
	}
	const shown = `"orderId":"o","customerId":"ada","itemCount":2,"total":{"amount":"5.00","currency":"USD"},` +
		`"status":"placed"`
	for target, want := range map[string]string{
		"/accounts/a":                           `"balance":{"amount":"15.00","currency":"USD"},"status":"open"`,
		"/accounts/a?version=1":                 `"balance":{"amount":"10.00","currency":"USD"},"status":"open"`,
		"/accounts/a/statement?limit=1":         `"kind":"MoneyDeposited","amount":{"amount":"5.00","currency":"USD"}`,
		"/orders/o":                             shown,
		"/orders?status=active":                 shown,
		"/customers/ada/orders":                 shown,
		"/customers/eve/orders":                 `{"items":[]}`,
		"/products/p":                           `"unitPrice":{"amount":"2.50","currency":"USD"}`,
		"/products/p/inventory":                 `"received":7,"ordered":2,"shipped":0,"onHand":7,"available":5`,
		"/products/p/sales":                     `"orders":1,"units":2,"revenue":{"amount":"5.00","currency":"USD"}`,
		"/products/sales?top=1":                 `{"items":[{"productId":"p","orders":1`,
		"/streams/Account/a?limit=1":            `"type":"AccountOpened"`,
		"/orders/o?after=Order%23o@4":           shown,
		"/accounts/a?asOf=2099-01-01T00:00:00Z": `"15.00"`,
	} {
		if got := c.ok(t, "GET "+target, ""); !strings.Contains(got.text, want) {
			t.Errorf("GET %s: %s, want %s in it", target, got.text, want)
		}
	}
	for _, target := range []string{
		"/accounts/x", "/accounts/x/statement", "/orders/x", "/products/x", "/products/x/inventory", "/products/x/sales",
		"/streams/Account/x", "/streams/Email/x",
	} {
		c.send(t, "GET "+target, "").refused(t, http.StatusNotFound, "not-found")
	}
}
