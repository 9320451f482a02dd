package main

import (
	"strings"
	"testing"
	"time"
)

// items returns the items of a list's answer.
func items(body map[string]any) []any { return body["items"].([]any) }

// TestDifferences imports, and then makes the service answer wrongly in many places. Each must be in the table.
func TestDifferences(t *testing.T) {
	t.Parallel()
	fake, url := newFake(t)
	if status, out := northwind(t.Context(), url); status != ok {
		t.Fatalf("exit status %d, want success:\n%s", status, out)
	}
	set := func(field string, value any) func(map[string]any) {
		return func(body map[string]any) { body[field] = value }
	}
	usd := func(amount string) any { return map[string]any{"amount": amount, "currency": "USD"} }
	swap := func(body map[string]any) {
		list := items(body)
		list[0], list[len(list)-1] = list[len(list)-1], list[0]
	}
	cases := []struct {
		name, path string
		change     func(map[string]any)
		want       []string // in the table, its columns one space apart
	}{
		{
			"total off by a cent", "/orders/10250", set("total", usd("1552.61")),
			[]string{"order 10250 total 1552.60 USD 1552.61 USD"},
		},
		{
			"another currency", "/orders/10249", set("total", map[string]any{"amount": "1552.60", "currency": "EUR"}),
			[]string{"order 10249 total 1863.40 USD 1552.60 EUR"},
		},
		{"units", "/orders/10248", set("itemCount", 26), []string{"order 10248 itemCount 27 26"}},
		{"no units", "/orders/10250", set("itemCount", nil), []string{"order 10250 itemCount 60 (none)"}},
		{"customer", "/orders/10248", set("customerId", "ALFKI"), []string{"order 10248 customerId VINET ALFKI"}},
		{"status", "/orders/11077", set("status", "shipped"), []string{"order 11077 status paid shipped"}},
		{
			"day", "/orders/10248", set("placedAt", "1996-07-05T00:00:00Z"),
			[]string{"placedAt 1996-07-04T00:00:00Z 1996-07-05T00:00:00Z"},
		},
		{
			"shipped too early", "/orders/11077", set("shippedAt", "1998-05-06T00:00:00Z"),
			[]string{"shippedAt (none) 1998-05-06T00:00:00Z"},
		},
		{"tracking", "/orders/10248", set("trackingNumber", ""), []string{"trackingNumber NW-10248 (none)"}},
		{"name", "/products/1", set("name", "Tea"), []string{"product 1 name Chai Tea"}},
		{"price", "/products/1", set("unitPrice", usd("18.01")), []string{"product 1 unitPrice 18.00 USD 18.01 USD"}},
		{"stock", "/products/1/inventory", set("onHand", 40), []string{"inventory of product 1 onHand 39 40"}},
		{"available", "/products/1/inventory", set("available", nil), []string{"inventory of product 1 available "}},
		{
			"revenue", "/products/38/sales", set("revenue", usd("141397.25")),
			[]string{"sales of product 38 revenue 141397.26 USD 141397.25 USD"},
		},
		{
			"ranking", "/products/sales", swap,
			[]string{"products by revenue place 1 product 38 product ", "products by revenue place 77 "},
		},
		{"list in another order", "/orders", swap, []string{"active orders: order ", "the other way round"}},
		{
			"list with a hole", "/customers/VINET/orders",
			func(b map[string]any) { b["items"] = items(b)[1:] }, []string{"listed once not listed"},
		},
		{
			"list with a double", "/customers/TOMSP/orders",
			func(b map[string]any) { b["items"] = append(items(b), items(b)[0]) }, []string{"listed once listed 2 times"},
		},
		{
			"lagging item", "/customers/HANAR/orders",
			func(b map[string]any) { items(b)[0].(map[string]any)["status"] = "placed" },
			[]string{"orders of customer HANAR order 10", " status shipped placed"},
		},
		{"another's order", "/customers/PARIS/orders", func(b map[string]any) {
			b["items"] = []any{map[string]any{"orderId": "10248"}}
		},
			[]string{"orders of customer PARIS order 10248 not listed listed"}},
	}
	fake.with(func() {
		fake.tamper = func(path string, body map[string]any) {
			for _, c := range cases {
				if path == c.path {
					c.change(body)
				}
			}
		}
	})
	status, out := northwind(t.Context(), url, "-check", "-patience", "0")
	if status != failed {
		t.Errorf("exit status %d, want failed", status)
	}
	table := strings.Join(strings.Fields(out), " ")
	mustContain(t, table, "WHAT EXPECTED GOT")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			mustContain(t, table, c.want...)
		})
	}
}

func TestLagThatNeverEnds(t *testing.T) {
	t.Parallel()
	fake, url := newFake(t)
	fake.withhold = 200
	began := time.Now()
	status, out := northwind(t.Context(), url, "-patience", "300ms")
	if status != failed || time.Since(began) < 300*time.Millisecond {
		t.Errorf("exit status %d after %s, want failed after the wait", status, time.Since(began))
	}
	mustContain(t, out, "none has changed for 300ms: the read models lag or are wrong", "order 11077",
		"none yet: 404 Not Found", "WHAT ")
}

func TestFigureThatMovesAway(t *testing.T) {
	t.Parallel()
	fake, url := newFake(t)
	times := 0
	fake.tamper = func(path string, body map[string]any) {
		if path == "/products/11/sales" {
			if times++; times > 1 { // as if an order were counted twice, late
				body["orders"] = 39
			}
		}
	}
	status, out := northwind(t.Context(), url)
	if status != failed {
		t.Errorf("exit status %d, want failed", status)
	}
	mustContain(t, out, "all had been equal before", "sales of product 11 orders")
}

func TestForeignOrdersAreLeftOut(t *testing.T) {
	t.Parallel()
	fake, url := newFake(t)
	fake.tamper = func(path string, body map[string]any) {
		if path == "/orders" || path == "/customers/FISSA/orders" {
			body["items"] = append(items(body), map[string]any{"orderId": "somebody-s"})
		}
	}
	status, out := northwind(t.Context(), url)
	if status != ok {
		t.Errorf("exit status %d, want success", status)
	}
	mustContain(t, out, "not compared, since the files do not have them: order somebody-s\n", "every total equal")
}
