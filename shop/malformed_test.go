package shop_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestMalformed(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ok(t, "POST /accounts", openA)
	long := strings.Repeat("x", 300)
	const deposits = "POST /accounts/a/deposits"
	tests := []struct {
		name, target, body string
		headers            []string
		field, says        string
	}{
		{"no body", "POST /accounts", "", nil, "body", "required"},
		{"not JSON", "POST /accounts", "{", nil, "body", "ends too early"},
		{"two texts", deposits, usd5 + usd5, nil, "body", "more text follows the JSON value"},
		{"deep lists", deposits, strings.Repeat("[", 100_000), nil, "body" + strings.Repeat("[0]", 32), "deeper"},
		{"deep objects", deposits, strings.Repeat(`{"a":`, 100_000), nil, "body" + strings.Repeat(".a", 32), "deeper"},
		{"null", "POST /accounts", "null", nil, "body", "must not be null"},
		{"list", "POST /accounts", "[]", nil, "body", "expected object"},
		{"list for an object with rules", "POST /accounts", "[null]", nil, "body", "expected object"},
		{"missing field", "POST /accounts", `{"initialDeposit":{"amount":"1","currency":"USD"}}`, nil, "body", "ownerName"},
		{
			"unknown field", deposits, `{"amount":{"amount":"1","currency":"USD"},"note":"x"}`,
			nil, "body.note", "unexpected property",
		},
		{"other case", deposits, `{"Amount":{"amount":"1","currency":"USD"}}`, nil, "body.Amount", "unexpected property"},
		{
			"unknown field in money", deposits, `{"amount":{"amount":"1","currency":"USD","x":1}}`,
			nil, "body.amount.x", "unexpected property",
		},
		{"money is a number", deposits, `{"amount":5}`, nil, "body.amount", "expected object"},
		{
			"amount is a number", deposits, `{"amount":{"amount":5,"currency":"USD"}}`,
			nil, "body.amount.amount", "expected string",
		},
		{
			"amount is no number", deposits, `{"amount":{"amount":"1e3","currency":"USD"}}`, nil, "body.amount", "plain decimal",
		},
		{"too many decimals", deposits, `{"amount":{"amount":"1.234","currency":"USD"}}`, nil, "body.amount", "decimals"},
		{"no currency", deposits, `{"amount":{"amount":"1"}}`, nil, "body.amount", "currency"},
		{"unknown currency", deposits, `{"amount":{"amount":"1","currency":"XXZ"}}`, nil, "body.amount", "ISO 4217"},
		{
			"nested money", "POST /orders",
			`{"customerId":"c","items":[{"productId":"p","quantity":1,"unitPrice":{"amount":"x","currency":"USD"}}]}`, nil,
			"body.items[0].unitPrice", "plain decimal",
		},
		{"quantity is text", "POST /products/p/stock", `{"quantity":"5"}`, nil, "body.quantity", "expected integer"},
		{"quantity is a fraction", "POST /products/p/stock", `{"quantity":1.5}`, nil, "body.quantity", "expected integer"},
		{"quantity is huge", "POST /products/p/stock", `{"quantity":1e400}`, nil, "body.quantity", "64 bits"},
		{
			"quantity is over 64 bits", "POST /products/p/stock",
			`{"quantity":99999999999999999999}`, nil, "body.quantity", "64 bits",
		},
		{
			"name is a number", "POST /accounts", strings.Replace(openA, `"Ada"`, `7`, 1),
			nil, "body.ownerName", "expected string",
		},
		{"name is empty", "POST /accounts", strings.Replace(openA, `Ada`, ``, 1), nil, "body.ownerName", ""},
		{
			"name is spaces", "POST /accounts", strings.Replace(openA, `Ada`, `  `, 1),
			nil, "body.ownerName", "more than spaces",
		},
		{"name is long", "POST /accounts", strings.Replace(openA, `Ada`, long, 1), nil, "body.ownerName", "200"},
		{"id with a space", "POST /accounts", strings.Replace(openA, `"a"`, `"a b"`, 1), nil, "body.accountId", "an id"},
		{"id of another stream", "POST /accounts", strings.Replace(openA, `"a"`, `"a#b"`, 1), nil, "body.accountId", "an id"},
		{"id is empty", "POST /accounts", strings.Replace(openA, `"a"`, `""`, 1), nil, "body.accountId", ""},
		{"id is dots", "POST /accounts", strings.Replace(openA, `"a"`, `".."`, 1), nil, "body.accountId", "an id"},
		{"id is long", "POST /accounts", strings.Replace(openA, `"a"`, `"`+long+`"`, 1), nil, "body.accountId", "128"},
		{"id in the path", "POST /accounts/a%20b/close", "", nil, "path.id", "an id"},
		{"body where none is", "POST /accounts/a/close", `{"x":1}`, nil, "body.x", "unexpected property"},
		{"query parameter", "POST /accounts/a/close?force=1", "", nil, "query.force", "unknown"},
		{"weak If-Match", deposits, usd5, []string{`If-Match: W/"1"`}, "header.If-Match", "one version in double quotes"},
		{"bare If-Match", deposits, usd5, []string{`If-Match: 1`}, "header.If-Match", "one version in double quotes"},
		{
			"list in If-Match", deposits, usd5, []string{`If-Match: "1", "2"`},
			"header.If-Match", "one version in double quotes",
		},
		{"padded If-Match", deposits, usd5, []string{`If-Match: "01"`}, "header.If-Match", "one version in double quotes"},
		{
			"If-Match on a creation", "POST /accounts", openB,
			[]string{`If-Match: "1"`}, "header.If-Match", "one existing aggregate",
		},
		{
			"If-Match on a transfer", "POST /transfers",
			`{"fromAccountId":"a","toAccountId":"b","amount":{"amount":"5.00","currency":"USD"}}`, []string{`If-Match: "1"`},
			"header.If-Match", "one existing aggregate",
		},
		{"empty key", deposits, usd5, []string{"Idempotency-Key:"}, "header.Idempotency-Key", "empty"},
		{"key not ASCII", deposits, usd5, []string{"Idempotency-Key: ü"}, "header.Idempotency-Key", "printable ASCII"},
		{"key long", deposits, usd5, []string{"Idempotency-Key: " + long}, "header.Idempotency-Key", "255"},
		{"correlation id", deposits, usd5, []string{"X-Correlation-Id: a b"}, "header.X-Correlation-Id", ""},
		{"correlation id long", deposits, usd5, []string{"X-Correlation-Id: " + long}, "header.X-Correlation-Id", "128"},
		{"time", deposits, usd5, []string{"Occurred-At: yesterday"}, "header.Occurred-At", ""},
		{"time without zone", deposits, usd5, []string{"Occurred-At: 2020-01-01T00:00:00"}, "header.Occurred-At", ""},
		{"zero time", deposits, usd5, []string{"Occurred-At: 0001-01-01T00:00:00Z"}, "header.Occurred-At", "RFC 3339"},
		{"future", deposits, usd5, []string{"Occurred-At: 2999-01-01T00:00:00Z"}, "header.Occurred-At", "future"},
	}
	t.Run("refused", func(t *testing.T) { // all of them, before what follows
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				p := c.send(t, tt.target, tt.body, tt.headers...).refused(t, http.StatusBadRequest, "invalid-request")
				for _, e := range p.Errors {
					if e.Field == tt.field && strings.Contains(e.Detail, tt.says) {
						return
					}
				}
				t.Errorf("want %q to say %q, got %+v", tt.field, tt.says, p.Errors)
			})
		}
	})
	if n := c.commits(t, "Account", "a"); n != 1 {
		t.Errorf("%d commits, want 1", n)
	}
	if c.log.String() != "" {
		t.Errorf("log: %s, want nothing", c.log)
	}
}
