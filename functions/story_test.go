package functions_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// query checks a part of an answer: every member that want has, and as many items as it has.
func (s *service) query(t *testing.T, target, want string) {
	t.Helper()
	got := s.ok(t, target, "")
	var gotJSON, wantJSON any
	if err := json.Unmarshal([]byte(got.Body), &gotJSON); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &wantJSON); err != nil {
		t.Fatal(err)
	}
	if !has(gotJSON, wantJSON) {
		t.Errorf("%s: got %s, want %s in it", target, got.Body, want)
	}
}

func has(got, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		for name := range want {
			ok = ok && has(got[name], want[name])
		}
		return ok
	case []any:
		got, ok := got.([]any)
		ok = ok && len(got) == len(want)
		for i := range want {
			ok = ok && has(got[i], want[i])
		}
		return ok
	}
	return reflect.DeepEqual(got, want)
}

const (
	opened   = `{"accountId":"a-1","ownerName":"Ada","initialDeposit":{"amount":"10","currency":"USD"}}`
	second   = `{"accountId":"a-2","ownerName":"Bob","initialDeposit":{"amount":"0","currency":"USD"}}`
	usd5     = `{"amount":{"amount":"5","currency":"USD"},"description":"pay day"}`
	listedP  = `{"productId":"p","name":"Tea","unitPrice":{"amount":"2.50","currency":"USD"}}`
	addressJ = `{"recipient":"Ada","line1":"1 Road","city":"Town","postalCode":"1","country":"Noland"}`
)

func TestAccountStory(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened, "Occurred-At: 2020-01-31T13:00:00+01:00", "X-Correlation-Id: c-1")
	s.ok(t, "POST /accounts", second)
	s.ok(t, "POST /accounts/a-1/deposits", usd5, "Idempotency-Key: k")
	s.ok(t, "POST /transfers", `{"fromAccountId":"a-1","toAccountId":"a-2","amount":{"amount":"15","currency":"USD"}}`)
	s.ok(t, "POST /accounts/a-1/close", "")
	s.project(t)
	s.query(t, "GET /accounts/a-1", `{"accountId":"a-1","ownerName":"Ada","balance":{"amount":"0.00","currency":"USD"},`+
		`"status":"closed","openedAt":"2020-01-31T12:00:00Z","version":4}`)
	s.query(t, "GET /accounts/a-2", `{"balance":{"amount":"15.00"},"version":2}`)
	s.query(t, "GET /accounts/a-1/statement", `{"items":[
		{"kind":"MoneyWithdrawn","amount":{"amount":"-15.00"},"balance":{"amount":"0.00"},"toAccountId":"a-2"},
		{"kind":"MoneyDeposited","amount":{"amount":"5.00"},"description":"pay day","version":2},
		{"kind":"AccountOpened","balance":{"amount":"10.00"}}]}`)
	s.query(t, "GET /streams/Account/a-1", `{"items":[
		{"version":1,"type":"AccountOpened","schema":2,"occurredAt":"2020-01-31T12:00:00Z","data":{"accountId":"a-1","firstName":"Ada"},"metadata":{"correlationId":"c-1","actor":"dev"}},
		{"version":2,"type":"MoneyDeposited","data":{"description":"pay day"}},
		{"version":3,"type":"MoneyWithdrawn"},{"version":4,"type":"AccountClosed","data":{}}]}`)
}

func TestOrderAndProductStory(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /products", listedP)
	s.ok(t, "POST /products/p/stock", `{"quantity":10}`)
	s.project(t)
	s.query(t, "GET /products/p/sales", `{"orders":0,"units":0,"revenue":{"amount":"0.00","currency":"USD"}}`)
	s.query(t, "GET /products/sales", `{"items":[]}`)
	s.ok(t, "POST /orders", `{"orderId":"o","customerId":"c","items":[{"productId":"p","quantity":3,`+
		`"unitPrice":{"amount":"2","currency":"USD"}}]}`)
	s.ok(t, "PUT /orders/o/shipping-address", addressJ)
	s.project(t)
	s.query(t, "GET /orders?status=active", `{"items":[]}`)
	s.ok(t, "POST /orders/o/place", "", "Occurred-At: 2020-02-01T00:00:00Z")
	s.project(t)
	s.query(t, "GET /orders?status=active", `{"items":[{"orderId":"o","status":"placed",`+
		`"placedAt":"2020-02-01T00:00:00Z"}]}`)
	s.ok(t, "POST /orders/o/payments", `{"paymentId":"x","amount":{"amount":"6","currency":"USD"}}`)
	s.ok(t, "POST /orders/o/shipments", `{"trackingNumber":"T-1"}`)
	s.ok(t, "POST /products/p/price", `{"unitPrice":{"amount":"3","currency":"USD"}}`)
	s.project(t)
	s.query(t, "GET /orders/o", `{"orderId":"o","customerId":"c","itemCount":3,"total":{"amount":"6.00",`+
		`"currency":"USD"},"status":"shipped","trackingNumber":"T-1"}`)
	s.query(t, "GET /products/p", `{"productId":"p","name":"Tea","unitPrice":{"amount":"3.00","currency":"USD"},`+
		`"version":3}`)
	s.query(t, "GET /products/p/inventory", `{"received":10,"ordered":3,"shipped":3,"onHand":7,"available":7}`)
	s.query(t, "GET /products/p/sales", `{"orders":1,"units":3,"revenue":{"amount":"6.00","currency":"USD"}}`)
	s.query(t, "GET /products/sales?top=1", `{"items":[{"productId":"p","units":3}]}`)
	s.ok(t, "POST /orders/o/delivery", "{}")
	s.ok(t, "POST /orders", `{"orderId":"n","customerId":"c"}`)
	s.project(t)
	s.query(t, "GET /orders?status=active", `{"items":[]}`)
	s.query(t, "GET /customers/c/orders", `{"items":[{"orderId":"n","status":"draft"},{"orderId":"o",`+
		`"status":"delivered"}]}`)
	s.query(t, "GET /customers/nobody/orders", `{"items":[]}`)
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	for range 6 {
		s.ok(t, "POST /accounts/a-1/deposits", usd5)
	}
	s.project(t)
	for _, path := range []string{"/accounts/a-1/statement", "/streams/Account/a-1"} {
		var versions []float64
		next := ""
		for pages := 0; pages == 0 || next != ""; pages++ {
			var page struct {
				Items []struct{ Version float64 }
				Next  string
			}
			target := "GET " + path + "?limit=3"
			if next != "" {
				target += "&cursor=" + next
			}
			got := s.ok(t, target, "")
			if err := json.Unmarshal([]byte(got.Body), &page); err != nil {
				t.Fatal(err)
			}
			if next = page.Next; len(page.Items) > 3 || pages > 3 {
				t.Fatalf("page %d: %s, want at most 3 pages of 3 items", pages, got.Body)
			}
			for _, item := range page.Items {
				versions = append(versions, item.Version)
			}
		}
		if len(versions) != 7 {
			t.Errorf("%s: versions %v, want 7", path, versions)
		}
		for _, query := range []string{"limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=!", "offset=1"} {
			if got := s.send(t, "GET "+path+"?"+query, ""); got.StatusCode != 400 {
				t.Errorf("%s?%s: status %d, body %s; want 400", path, query, got.StatusCode, got.Body)
			}
		}
	}
	for _, target := range []string{
		"GET /accounts/x", "GET /accounts/x/statement", "GET /orders/x", "GET /products/x", "GET /products/x/inventory",
		"GET /products/x/sales", "GET /streams/Account/x", "GET /streams/Order/a-1", "GET /streams/account/a-1",
		"GET /streams/Email/a-1",
	} {
		if got := s.send(t, target, ""); got.StatusCode != 404 || !strings.Contains(got.Body, "/not-found") {
			t.Errorf("%s: status %d, body %s; want 404 not-found", target, got.StatusCode, got.Body)
		}
	}
	for _, target := range []string{
		"GET /orders", "GET /orders?status=all", "GET /products/sales?top=0", "GET /products/sales?top=1001",
	} {
		if got := s.send(t, target, ""); got.StatusCode != 400 ||
			target == "GET /orders?status=all" && !strings.Contains(got.Body, "active") {
			t.Errorf("%s: status %d, body %s; want 400", target, got.StatusCode, got.Body)
		}
	}
	if s.log.String() != "" {
		t.Errorf("log: %s, want nothing", s.log)
	}
}
