package shop_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalshttp"
)

// TestBodyIsReadOnce: the schema and the operation see the same body. Each of these bodies has a part that two parsers
// could read differently.
func TestBodyIsReadOnce(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ok(t, "POST /accounts", openA)
	const (
		deposits = "POST /accounts/a/deposits"
		stock    = "POST /products/p/stock"
		address  = "PUT /orders/o/shipping-address"
		to       = `{"recipient":"Ada","line1":"1 Road","city":"Town","country":"Noland"`
		twice    = "has this name twice"
		notNull  = "must not be null"
	)
	long := strings.Repeat("x", 900_000)
	account := func(members string) string {
		return `{` + members + `,"ownerName":"A","initialDeposit":{"amount":"1","currency":"USD"}}`
	}
	order := func(members string) string { return `{"customerId":"c",` + members + `}` }
	tests := []struct{ name, target, body, field, says string }{
		{"an id, then null", "POST /accounts", account(`"accountId":"a#b/../c d","accountId":null`), "body.accountId", twice},
		{"null, then an id", "POST /accounts", account(`"accountId":null,"accountId":"a#b"`), "body.accountId", twice},
		{"two ids", "POST /accounts", account(`"accountId":"x","accountId":"y"`), "body.accountId", twice},
		{
			"an id, spelled in two ways", "POST /accounts",
			account(`"accountId":"a#b","account\u0049d":"x"`), "body.accountId", twice,
		},
		{"a long id", "POST /orders", order(`"orderId":"` + long[:1500] + `","orderId":null`), "body.orderId", twice},
		{
			"a long description", deposits,
			usd5[:len(usd5)-1] + `,"description":"` + long + `","description":null}`, "body.description", twice,
		},
		{"a long line", address, to + `,"line2":"` + long[:600_000] + `","line2":null}`, "body.line2", twice},
		{"no e-mail address", "POST /accounts", account(`"email":"nonsense","email":null`), "body.email", twice},
		{"two amounts", deposits, `{"amount":{"amount":"1","amount":"2","currency":"USD"}}`, "body.amount.amount", twice},
		{"two moneys", deposits, `{"amount":{"amount":"x","currency":"USD"},"amount":{}}`, "body.amount", twice},
		{"two lists", "POST /orders", order(`"items":[{"productId":"#"}],"items":null`), "body.items", twice},
		{
			"twice in a list", "POST /orders",
			order(`"items":[{},{"productId":"p","productId":"#"}]`), "body.items[1].productId", twice,
		},
		{"twice in what is unknown", deposits, `{"x":{"a":1,"a":1}}`, "body.x.a", twice},
		{"twice in what needs no body", "POST /accounts/a/close", `{"a":1,"a":1}`, "body.a", twice},

		{"null for an optional id", "POST /accounts", account(`"accountId":null`), "body.accountId", notNull},
		{"null for an optional text", deposits, usd5[:len(usd5)-1] + `,"description":null}`, "body.description", notNull},
		{
			"null for a needed text", address,
			`{"recipient":null,"line1":"1","city":"T","country":"N"}`, "body.recipient", notNull,
		},
		{"null for a list", "POST /orders", order(`"items":null`), "body.items", notNull},
		{"null in a list", "POST /orders", order(`"items":[null]`), "body.items[0]", notNull},
		{"null for money", deposits, `{"amount":null}`, "body.amount", notNull},
		{"null for a number", stock, `{"quantity":null}`, "body.quantity", notNull},
		{"null for a body that is not needed", "POST /accounts/a/close", `null`, "body", notNull},

		{
			"half of a surrogate pair", "POST /accounts",
			strings.Replace(openA, "Ada", `\ud800secret`, 1), "body.ownerName", "surrogate",
		},
		{"the other half", "POST /accounts", strings.Replace(openA, "Ada", `\udc00x`, 1), "body.ownerName", "surrogate"},
		{
			"an escape that is none", "POST /accounts", strings.Replace(openA, "Ada", `\usecret`, 1), "body.ownerName", "escape",
		},
		{"half of a pair in a name", deposits, `{"\ud800":1}`, "body", "surrogate"},
		{"not UTF-8", "POST /accounts", strings.Replace(openA, "Ada", "A\xffa", 1), "body.ownerName", "UTF-8"},
		{"not UTF-8, in a name", deposits, "{\"\xff\":1}", "body", "UTF-8"},
		{
			"a surrogate as UTF-8", "POST /accounts",
			strings.Replace(openA, "Ada", "\xed\xa0\x80", 1), "body.ownerName", "UTF-8",
		},
		{"a byte order mark", deposits, "\ufeff" + usd5, "body", "not JSON"},
		{"UTF-16", deposits, "{\x00}\x00", "body", "not JSON"},
		{"a comment", deposits, "/**/" + usd5, "body", "not JSON"},
		{"a comma at the end", deposits, usd5[:len(usd5)-1] + `,}`, "body", "not JSON"},
		{"a control character", "POST /accounts", strings.Replace(openA, "Ada", "A\n", 1), "body.ownerName", "not JSON"},
		{"no colon", deposits, `{"amount" "x"}`, "body.amount", "not JSON"},
		{"spaces alone", deposits, "  ", "body", "too early"},
		{"a NUL after it", deposits, usd5 + "\x00", "body", "more text follows"},

		{"one and a bit", stock, `{"quantity":1.00000000000000000001}`, "body.quantity", "64 bits"},
		{"over 53 bits, and a bit", stock, `{"quantity":9007199254740993.5}`, "body.quantity", "64 bits"},
		{"over 64 bits", stock, `{"quantity":9223372036854775808}`, "body.quantity", "64 bits"},
		{"over 64 bits by an exponent", stock, `{"quantity":1e19}`, "body.quantity", "64 bits"},
		{"a huge exponent", stock, `{"quantity":1e999999999}`, "body.quantity", "64 bits"},
		{"a tiny number", stock, `{"quantity":1e-999999999}`, "body.quantity", "64 bits"},
		{"a fraction", stock, `{"quantity":2.5}`, "body.quantity", "expected integer"},
		{"a leading zero", stock, `{"quantity":01}`, "body", "not JSON"},
		{"a plus", stock, `{"quantity":+1}`, "body.quantity", "not JSON"},
		{"no number", stock, `{"quantity":NaN}`, "body.quantity", "not JSON"},
		{"true", stock, `{"quantity":true}`, "body.quantity", "expected integer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := c.send(t, tt.target, tt.body).refused(t, http.StatusBadRequest, "invalid-request")
			for _, e := range p.Errors {
				if strings.Contains(e.Detail, "secret") {
					t.Errorf("%s cites the value", e.Detail)
				}
				if e.Field == tt.field && strings.Contains(e.Detail, tt.says) {
					return
				}
			}
			t.Errorf("want %q to say %q, got %+v", tt.field, tt.says, p.Errors)
		})
	}
}

// TestWholeNumbers: a whole number is the same however it is written, as in JSON Schema.
func TestWholeNumbers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"20", "20.0", "2e1", "2E+1", "0.2e2", "200e-1", "20.000000000000000000000"} {
		c := newClient(t)
		c.ok(t, "POST /products", `{"productId":"p","name":"Tea","unitPrice":{"amount":"1","currency":"USD"}}`)
		if got := c.ok(t, "POST /products/p/stock", `{"quantity":`+text+`}`); !strings.Contains(string(got.result(t).State),
			`"received":20,`) &&
			!strings.Contains(string(got.result(t).State), `"received":20}`) {
			t.Errorf("stock of quantity %s: %s, want 20 received", text, got.text)
		}
	}
	c := newClient(t)
	c.ok(t, "POST /products", `{"productId":"p","name":"Tea","unitPrice":{"amount":"1","currency":"USD"}}`)
	// read, and refused by a rule
	for _, text := range []string{"-0", "-0.0", "0e9", "-1", "9223372036854775807", "-9223372036854775808"} {
		if got := c.send(t, "POST /products/p/stock", `{"quantity":`+text+`}`); got.status != http.StatusUnprocessableEntity {
			t.Errorf("stock of quantity %s: status %d, body %s; want 422", text, got.status, got.text)
		}
	}
}

// TestAProblemIsNoLargerThanItsRequest: a problem may cite names that the caller chose.
func TestAProblemIsNoLargerThanItsRequest(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	var many strings.Builder
	for i := range 50_000 {
		many.WriteString(`,"` + strconv.Itoa(i) + `":1`)
	}
	for name, body := range map[string]string{
		"a long name":   `{"` + strings.Repeat("<", annalshttp.MaxBodyBytes-100) + `":1}`,
		"a name twice":  `{"` + strings.Repeat("<", 400_000) + `":1,"` + strings.Repeat("<", 400_000) + `":1}`,
		"many names":    `{` + many.String()[1:] + `}`,
		"names, nested": strings.Repeat(`{"`+strings.Repeat("<", 10_000)+`":`, 60),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.send(t, "POST /accounts", body)
			got.refused(t, http.StatusBadRequest, "invalid-request")
			if len(got.text) > 100_000 {
				t.Errorf("%d bytes are answered to %d", len(got.text), len(body))
			}
		})
	}
}
