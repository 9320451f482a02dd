package shop_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/shop"
)

// as sends a request with the token of a caller, who may operate or not.
func (c *client) as(t *testing.T, who, target, body string) answer {
	t.Helper()
	scopes := []string{"shop/command"}
	if who == "operator" {
		scopes = append(scopes, "shop/operate")
	}
	method, path, _ := strings.Cut(target, " ")
	r := httptest.NewRequestWithContext(
		annalshttp.WithPrincipal(t.Context(), who, scopes...), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return documented(t, method, path, answer{w.Code, w.Header(), w.Body.String()})
}

// TestOrdersForOneself: customers order for themselves, operators for anyone.
func TestOrdersForOneself(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	const order = `{"customerId":"ada"}`
	c.as(t, "eve", "POST /orders", order).refused(t, http.StatusForbidden, "another-customer")
	for _, who := range []string{"ada", "operator"} {
		if got := c.as(t, who, "POST /orders", order); got.status != http.StatusCreated {
			t.Errorf("%s orders: status %d, body %s; want 201", who, got.status, got.text)
		}
	}
	c.ok(t, "POST /orders", order) // no authorizer
}

// TestThePriceIsTheShops: customers order listed products at the shop's price; operators set prices.
func TestThePriceIsTheShops(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.as(t, "operator", "POST /products", listP)
	const at = `{"customerId":"ada","items":[{"productId":"p","quantity":1,"unitPrice":{"amount":"0.01",` +
		`"currency":"USD"}}]}`
	got := c.as(t, "ada", "POST /orders", at)
	got.refused(t, http.StatusUnprocessableEntity, "price-changed")
	if !strings.Contains(got.text, `"productId":"p"`) ||
		!strings.Contains(got.text, `"currentPrice":{"amount":"2.50","currency":"USD"}`) {
		t.Errorf("refused with %s, want the product and its current price", got.text)
	}
	got = c.as(t, "ada", "POST /orders", strings.Replace(at, `"p"`, `"x"`, 1))
	got.refused(t, http.StatusUnprocessableEntity, "unknown-product")
	if !strings.Contains(got.text, `"productId":"x"`) || strings.Contains(got.text, "currentPrice") {
		t.Errorf("refused with %s, want the product and no price", got.text)
	}
	if got := c.as(t, "operator", "POST /orders", at); got.status != http.StatusCreated ||
		!strings.Contains(got.text, `"0.01"`) {
		t.Errorf("order by an operator at another price: status %d, body %s; want 201 at 0.01", got.status, got.text)
	}
}

// TestCommandsNeedNoCatalog: if the catalog can't be read, prices are read from events, and a warning is logged.
func TestCommandsNeedNoCatalog(t *testing.T) {
	t.Parallel()
	log := &logged{}
	running, err := shop.New().On().Open(annals.Stores{Events: memstore.New()}, annals.Config{
		Secrets: func(string) string { return "key" }, Log: log.logger(),
	})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := annalshttp.Commands(running, annalshttp.Config{Log: log.logger()})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{handler: handler}
	c.ok(t, "POST /products", listP)
	got := c.ok(t, "POST /orders", `{"customerId":"c","items":[{"productId":"p","quantity":1}]}`, "X-Correlation-Id: c-9")
	if !strings.Contains(got.text, `"unitPrice":{"amount":"2.50","currency":"USD"}`) {
		t.Errorf("order: %s, want the price that the caller gave or none", got.text)
	}
	if line := log.String(); !strings.Contains(line, "the catalog can't be read") ||
		!strings.Contains(line, `"correlationId":"c-9"`) {
		t.Errorf("log: %s, want the catalog's failure with the correlation id", line)
	}
}
