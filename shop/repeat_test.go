package shop_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
)

// TestRepeats repeats every command of a story at its end. Each answers as the first time, and nothing is appended.
func TestRepeats(t *testing.T) {
	t.Parallel()
	const item = `{"productId":"p","quantity":2,"unitPrice":{"amount":"2.50","currency":"USD"}}`
	steps := []step{
		{target: "POST /accounts", body: openA},
		{target: "POST /accounts", body: openB},
		{target: "POST /accounts/a/deposits", body: usd5},
		{
			target: "POST /transfers", body: `{"fromAccountId":"a","toAccountId":"b","amount":{"amount":"15","currency":"USD"}}`,
		},
		{target: "POST /accounts/a/close"},
		{target: "POST /products", body: listP},
		{target: "POST /orders", body: `{"orderId":"o","customerId":"c","items":[` + item + `]}`},
		{target: "POST /orders/o/items", body: item},
		{target: "DELETE /orders/o/items/p"},
		{target: "POST /orders/o/items", body: item},
		{target: "POST /orders/o/cancel"},
		{target: "POST /products/p/stock", body: `{"quantity":7}`},
	}
	c := newClient(t)
	key := func(i int) string { return "Idempotency-Key: key " + string(rune('a'+i)) }
	first := make([]answer, len(steps))
	for i, s := range steps {
		first[i] = c.ok(t, s.target, s.body, key(i))
	}
	count := func() int {
		return c.commits(t, "Account", "a") + c.commits(t, "Account", "b") + c.commits(t, "Order", "o") + c.commits(t,
			"Product", "p")
	}
	before := count()
	for i, s := range steps {
		again := c.send(t, s.target, s.body, key(i), `X-Correlation-Id: another`)
		if again.status != first[i].status || again.text != first[i].text {
			t.Errorf("%s: first answer %d %s, answer to the repeat %d %s; want the same",
				s.target, first[i].status, first[i].text, again.status, again.text)
		}
		for _, name := range []string{"ETag", "Consistency-Token", "Location"} {
			if again.header.Get(name) != first[i].header.Get(name) {
				t.Errorf("%s: header %s was %q, and %q in the repeat",
					s.target, name, first[i].header.Get(name), again.header.Get(name))
			}
		}
	}
	if after := count(); after != before {
		t.Errorf("%d commits before the repeats, %d after; want the same", before, after)
	}
}

func TestSameKey(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ok(t, "POST /accounts", openA)
	c.ok(t, "POST /accounts", openB)
	const key, time = "Idempotency-Key: k", "Occurred-At: 2020-01-01T00:00:00Z"
	first := c.ok(t, "POST /accounts/a/deposits", usd5, key, `If-Match: "1"`)
	const spaced = "{ \"amount\" :\n{ \"currency\":\"USD\", \"amount\":\"5.00\" } }"
	same := map[string]answer{
		"as before":               c.send(t, "POST /accounts/a/deposits", usd5, key),
		"with white space, order": c.send(t, "POST /accounts/a/deposits", spaced, key),
		"with If-Match of then":   c.send(t, "POST /accounts/a/deposits", usd5, key, `If-Match: "1"`),
		"with another If-Match":   c.send(t, "POST /accounts/a/deposits", usd5, key, `If-Match: "9"`),
	}
	for name, again := range same {
		if again.text != first.text || again.status != http.StatusOK {
			t.Errorf("%s again: status %d, body %s; want 200 and the first answer", name, again.status, again.text)
		}
	}
	other := []answer{
		c.send(t, "POST /accounts/a/deposits", strings.Replace(usd5, "5.00", "6.00", 1), key),
		c.send(t, "POST /accounts/a/deposits", usd5, key, time),
	}
	for _, answer := range other {
		answer.refused(t, http.StatusUnprocessableEntity, "idempotency-key-reused")
	}
	if n := c.commits(t, "Account", "a"); n != 2 {
		t.Errorf("%d commits, want 2", n)
	}
	// The same key names another command on another target or route, or from another principal.
	c.ok(t, "POST /accounts/b/deposits", usd5, key)
	c.ok(t, "POST /accounts/a/withdrawals", usd5, key)
	r := httptest.NewRequestWithContext(annalshttp.WithPrincipal(t.Context(), "eve", "shop/command", "shop/operate"),
		http.MethodPost, "/accounts/a/deposits", strings.NewReader(usd5))
	r.Header.Set("Idempotency-Key", "k")
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if a, b := c.commits(t, "Account", "a"), c.commits(t, "Account", "b"); w.Code != http.StatusOK || a != 4 || b != 2 {
		t.Errorf("%d: %d commits of a, %d of b", w.Code, a, b)
	}
	actors := ""
	for commit, err := range c.store.Read(t.Context(), es.StreamID{Type: "Account", ID: "a"}, es.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		actors += commit.Meta.Actor + " "
	}
	if actors != "dev dev dev eve " {
		t.Errorf("actors: %s, want dev three times, then eve", actors)
	}
}

// TestRacingRepeats sends one command many times concurrently. It is executed once, and all answers are the same.
func TestRacingRepeats(t *testing.T) {
	t.Parallel()
	tests := map[string]step{
		"deposit": {target: "POST /accounts/a/deposits", body: usd5},
		"transfer": {
			target: "POST /transfers", body: `{"fromAccountId":"a","toAccountId":"b","amount":{"amount":"1","currency":"USD"}}`,
		},
		"creation": {target: "POST /accounts", body: `{"ownerName":"Cy","initialDeposit":{"amount":"0","currency":"USD"}}`},
	}
	for name, s := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t)
			c.ok(t, "POST /accounts", openA)
			c.ok(t, "POST /accounts", openB)
			answers := race(16, func() answer { return c.send(t, s.target, s.body, "Idempotency-Key: k") })
			for _, got := range answers {
				if got.text != answers[0].text || got.status != answers[0].status || got.status > 201 {
					t.Errorf("first answer %d %s, another %d %s; want the same",
						answers[0].status, answers[0].text, got.status, got.text)
				}
			}
			if a, b := c.commits(t, "Account", "a"), c.commits(t, "Account", "b"); a > 2 || b > 2 {
				t.Errorf("%d commits of a, %d of b", a, b)
			}
		})
	}
}

// TestRacingConditions sends one If-Match many times concurrently. One wins.
func TestRacingConditions(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ok(t, "POST /accounts", openA)
	won := 0
	for _, got := range race(16, func() answer { return c.send(t, "POST /accounts/a/deposits", usd5, `If-Match: "1"`) }) {
		switch got.status {
		case http.StatusOK:
			won++
		default:
			got.refused(t, http.StatusPreconditionFailed, "version-mismatch")
		}
	}
	if n := c.commits(t, "Account", "a"); won != 1 || n != 2 {
		t.Errorf("%d requests succeeded, %d commits; want 1 and 2", won, n)
	}
	c.ok(t, "POST /accounts/a/deposits", usd5, `If-Match: "2"`)
	c.ok(t, "POST /accounts/a/deposits", usd5, `If-Match: *`)
}

// race calls do n times concurrently.
func race[T any](n int, do func() T) []T {
	out := make([]T, n)
	gate := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-gate
			out[i] = do()
		})
	}
	close(gate)
	wg.Wait()
	return out
}

func TestOccurredAt(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ok(t, "POST /accounts", openA, "Occurred-At: 1999-12-31T23:59:59.5-01:00", "X-Correlation-Id: c-1")
	for commit, err := range c.store.Read(t.Context(), es.StreamID{Type: "Account", ID: "a"}, es.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		if at := es.FormatTime(commit.Meta.OccurredAt); at != "2000-01-01T00:59:59.500000Z" ||
			commit.Meta.CorrelationID != "c-1" {
			t.Errorf("occurred at %s, correlation id %s", at, commit.Meta.CorrelationID)
		}
	}
}
