package functions_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	cheapP  = `{"productId":"p","quantity":2,"unitPrice":{"amount":"0.01","currency":"USD"}}`
	pricedP = `{"productId":"p","quantity":2,"unitPrice":{"amount":"2.5","currency":"USD"}}`
	freeP   = `{"productId":"p","quantity":2}`
	strange = `{"productId":"x","quantity":1}`
)

// created is an order with items, for ada.
func created(id string, items ...string) string {
	return `{"orderId":"` + id + `","customerId":"ada","items":[` + strings.Join(items, ",") + `]}`
}

// TestThePriceIsTheShops: customers order what is listed, at its price; operators set prices.
func TestThePriceIsTheShops(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.as(t, "operator", "POST /products", listedP).is(t, "201")
	s.as(t, "ada", "POST /orders", created("o")).is(t, "201")
	for _, test := range []struct{ who, item, status, code, unitPrice string }{
		{"ada", freeP, "", "", `"unitPrice":{"amount":"2.50","currency":"USD"}`},
		{"ada", pricedP, "", "", `"unitPrice":{"amount":"2.50","currency":"USD"}`},
		{"ada", cheapP, "422", "price-changed", ""},
		{"ada", strings.Replace(pricedP, "USD", "EUR", 1), "422", "price-changed", ""},
		{"ada", strange, "422", "unknown-product", ""},
		{"operator", freeP, "", "", `"unitPrice":{"amount":"2.50","currency":"USD"}`},
		{"operator", cheapP, "", "", `"unitPrice":{"amount":"0.01","currency":"USD"}`},
		{"operator", strange, "422", "unknown-product", ""},
	} {
		for target, body := range map[string]string{
			"POST /orders": created("", test.item), "POST /orders/o/items": test.item,
		} {
			body = strings.Replace(body, `"orderId":"",`, "", 1)
			got := s.as(t, test.who, target, body)
			switch {
			case test.code != "":
				got.is(t, test.status+" "+test.code)
			case got.StatusCode > 201 || !strings.Contains(got.Body, test.unitPrice):
				t.Errorf("%s sends %s %s: status %d, body %s; want the unit price %s",
					test.who, target, body, got.StatusCode, got.Body, test.unitPrice)
			}
		}
	}
	var problem struct {
		ProductID    string
		CurrentPrice map[string]string
	}
	got := s.as(t, "ada", "POST /orders/o/items", cheapP)
	if err := json.Unmarshal([]byte(got.Body), &problem); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]string{"amount": "2.50", "currency": "USD"},
		problem.CurrentPrice); problem.ProductID != "p" || d != "" {
		t.Errorf("refused for another price: %s; current price (-want +got):\n%s", got.Body, d)
	}
	if got := s.as(t, "ada", "POST /orders/o/items", strange); !strings.Contains(got.Body, `"productId":"x"`) ||
		strings.Contains(got.Body, "currentPrice") {
		t.Errorf("refused for a product without a price: %s, want productId x and no currentPrice", got.Body)
	}
}

// TestRepeatedOrdersKeepTheirPrice: a repeat answers as the first time, in the process that did it and in another,
// whatever the price is by then.
func TestRepeatedOrdersKeepTheirPrice(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.as(t, "operator", "POST /products", listedP).is(t, "201")
	steps := []struct{ target, body string }{
		{"POST /orders", created("o", pricedP)},
		{"POST /orders", strings.Replace(created("", freeP), `"orderId":"",`, "", 1)},
		{"POST /orders/o/items", pricedP},
	}
	var first []answer
	for i, step := range steps {
		first = append(first, s.as(t, "ada", step.target, step.body, fmt.Sprint("Idempotency-Key: k", i)))
	}
	s.as(t, "operator", "POST /products/p/price", price3).is(t, "200")
	for _, process := range []string{"this", "another"} {
		for i, step := range steps {
			again := s.as(t, "ada", step.target, step.body, fmt.Sprint("Idempotency-Key: k", i))
			if first[i].StatusCode > 201 || again.StatusCode != first[i].StatusCode || again.Body != first[i].Body {
				t.Errorf("%s process, %s %s: first answer %d %s, answer to the repeat %d %s; want the same",
					process, step.target, step.body, first[i].StatusCode, first[i].Body, again.StatusCode, again.Body)
			}
		}
		s.as(t, "ada", "POST /orders", created("n", pricedP)).is(t, "422 price-changed") // a new command
		s.build(t)
	}
}

// TestPricesAreReadOnce: one batch for all items of a command, and nothing that a change of the price conflicts with.
func TestPricesAreReadOnce(t *testing.T) {
	t.Parallel()
	s, meter := newMeteredService(t)
	s.ok(t, "POST /products", listedP)
	s.ok(t, "POST /products", strings.Replace(listedP, `"p"`, `"q"`, 1))
	s.ok(t, "POST /orders", created("o", freeP)) // now the process knows which generation of the catalog serves
	meter.Take()
	s.ok(t, "POST /orders", created("n", freeP, strings.Replace(freeP, `"p"`, `"q"`, 1), freeP))
	if d := cmp.Diff(map[string]int{"BatchGetItem": 1, "PutItem": 1}, meter.Take().Requests); d != "" ||
		s.log.String() != "" {
		t.Errorf("requests (-want +got): %s; log: %s", d, s.log)
	}
}
