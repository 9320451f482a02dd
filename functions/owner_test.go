package functions_test

import (
	"strings"
	"testing"
)

const orderOf = `{"orderId":"ID","customerId":"WHO","items":[{"productId":"p","quantity":1}]}`

const itemP = `{"productId":"p","quantity":1}`

func orderFor(id, customer string) string {
	return strings.NewReplacer("ID", id, "WHO", customer).Replace(orderOf)
}

// owned is a service with an account and an order of ada, an account of bob, and an order that an operator made for
// ada.
func owned(t *testing.T) *service {
	t.Helper()
	s := newService(t)
	s.as(t, "operator", "POST /products", listedP).is(t, "201")
	s.as(t, "ada", "POST /accounts", opened).is(t, "201")
	s.as(t, "bob", "POST /accounts", second).is(t, "201")
	s.as(t, "ada", "POST /orders", orderFor("o-ada", "ada")).is(t, "201")
	s.as(t, "operator", "POST /orders", orderFor("o-for-ada", "ada")).is(t, "201")
	s.project(t)
	return s
}

// TestOthersSeeNothing: what belongs to another is answered as what does not exist, to the letter, on every route that
// names it.
func TestOthersSeeNothing(t *testing.T) {
	t.Parallel()
	s := owned(t)
	for _, test := range []struct{ target, body string }{
		{"GET /accounts/a-1", ""}, {"GET /accounts/a-1?version=1", ""}, {"GET /accounts/a-1?version=9", ""},
		{"GET /accounts/a-1?asOf=2999-01-01T00:00:00Z", ""}, {"GET /accounts/a-1/statement", ""},
		{"GET /orders/o-ada", ""}, {"GET /orders/o-ada?version=1", ""}, {"GET /orders/o-for-ada", ""},
		{"GET /streams/Account/a-1", ""}, {"GET /streams/Order/o-ada", ""}, {"GET /streams/Product/p", ""},
		{"GET /customers/ada/orders", ""},
		{"POST /accounts/a-1/deposits", usd5}, {"POST /accounts/a-1/withdrawals", usd5}, {"POST /accounts/a-1/close", ""},
		{"POST /transfers", `{"fromAccountId":"a-1","toAccountId":"a-2","amount":{"amount":"1","currency":"USD"}}`},
		{"POST /orders/o-ada/items", `{"productId":"p","quantity":1}`},
		{"DELETE /orders/o-ada/items/p", ""}, {"PUT /orders/o-ada/shipping-address", addressJ},
		{"POST /orders/o-ada/place", ""}, {"POST /orders/o-ada/cancel", ""},
	} {
		nobodys := strings.NewReplacer("a-1", "nobody", "o-ada", "nobody", "o-for-ada", "nobody", "/p\x00", "/nobody",
			"/ada/", "/nobody/", "customer ada", "customer nobody")
		for _, headers := range [][]string{nil, {"If-Match: \"99\"", "Idempotency-Key: k"}} {
			if strings.HasPrefix(test.target, "GET") || strings.HasSuffix(test.target, "/transfers") {
				headers = nil
			}
			got := s.as(t, "bob", test.target, test.body, append(headers, "X-Correlation-Id: c")...).is(t, "404 not-found")
			target := strings.TrimSuffix(nobodys.Replace(test.target+"\x00"), "\x00")
			none := s.as(t, "bob", target, nobodys.Replace(test.body), append(headers, "X-Correlation-Id: c")...)
			if want := nobodys.Replace(got.Body); target != test.target &&
				strings.ReplaceAll(want, "#p ", "#nobody ") != none.Body {
				t.Errorf("%s: %s\nwhat does not exist: %s", test.target, want, none.Body)
			}
		}
	}
	if n := len(s.commits(t)); n != 5 {
		t.Errorf("%d commits, want 5", n)
	}
}

// TestOwnersAndOperators: whose it is, and operators, see and change it.
func TestOwnersAndOperators(t *testing.T) {
	t.Parallel()
	s := owned(t)
	for _, who := range []string{"ada", "operator"} {
		for _, target := range []string{
			"GET /accounts/a-1", "GET /accounts/a-1/statement", "GET /orders/o-ada", "GET /orders/o-for-ada", "GET /products/p",
			"GET /products/p/inventory",
		} {
			s.as(t, who, target, "").is(t, "200")
		}
		for _, target := range []string{
			"GET /accounts/a-1?version=1", "GET /streams/Account/a-1", "GET /streams/Order/o-for-ada",
		} {
			s.as(t, who, target, "").is(t, "200 strong")
		}
		if got := s.as(t, who, "GET /customers/ada/orders", "").is(t, "200").Body; !strings.Contains(got, "o-ada") ||
			!strings.Contains(got, "o-for-ada") {
			t.Errorf("orders that %s sees: %s, want o-ada and o-for-ada", who, got)
		}
		s.as(t, who, "POST /accounts/a-1/deposits", usd5).is(t, "200")
		s.as(t, who, "PUT /orders/o-for-ada/shipping-address", addressJ).is(t, "200")
	}
	for target, want := range map[string]string{
		"GET /streams/Product/p": "200 strong", "GET /products/p/sales": "200", "GET /products/sales": "200",
		"GET /orders?status=active":    "200",
		"GET /customers/nobody/orders": "200", "POST /orders/o-ada/shipments": "400 invalid-request",
	} {
		s.as(t, "operator", target, "").is(t, want)
	}
	if got := s.as(t, "bob", "GET /customers/bob/orders", "").is(t, "200").Body; strings.TrimSpace(got) != `{"items":[]}` {
		t.Errorf("orders that bob sees: %s, want none", got)
	}
}

// TestNobodyOrdersForAnother: else orders would appear among another's.
func TestNobodyOrdersForAnother(t *testing.T) {
	t.Parallel()
	s := owned(t)
	s.as(t, "bob", "POST /orders", orderFor("o-bob", "ada")).is(t, "403 another-customer")
	s.as(t, "bob", "POST /orders", orderFor("o-bob", "bob")).is(t, "201")
	// ids are shared: bob chose a taken one
	s.as(t, "bob", "POST /orders", orderFor("o-ada", "bob")).is(t, "409 already-exists")
}

// TestTransferToAnother: who pays learns nothing of the other's account.
func TestTransferToAnother(t *testing.T) {
	t.Parallel()
	s := owned(t)
	const pay = `{"fromAccountId":"a-1","toAccountId":"a-2","amount":{"amount":"1","currency":"USD"}}`
	for range 2 { // the second is a repeat
		got := s.as(t, "ada", "POST /transfers", pay, "Idempotency-Key: k").is(t, "200")
		if strings.Contains(got.Body, `"to"`) || !strings.Contains(got.Body, `"9.00"`) ||
			got.Headers["Consistency-Token"] != "Account#a-1@2" {
			t.Errorf("withdrawal as ada sees it: headers %v, body %s; want the own account alone", got.Headers, got.Body)
		}
	}
	got := s.as(t, "operator", "POST /transfers", pay).is(t, "200")
	if !strings.Contains(got.Body, `"to"`) || got.Headers["Consistency-Token"] != "Account#a-1@3,Account#a-2@3" {
		t.Errorf("an operator sees %v %s", got.Headers, got.Body)
	}
	s.as(t, "bob", "POST /accounts/a-2/withdrawals", `{"amount":{"amount":"2","currency":"USD"}}`).is(t, "200")
}
