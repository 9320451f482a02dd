package shop_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es"
)

// TestRetiredCurrency: money in a retired currency can leave an account, and no more can enter it.
func TestRetiredCurrency(t *testing.T) {
	t.Parallel()
	const zzz40, usd4 = `"amount":{"amount":"40.00","currency":"ZZZ"}`, `"amount":{"amount":"4","currency":"USD"}`
	c := newClient(t)
	for _, id := range []string{"a", "b"} {
		_, err := c.store.Append(t.Context(), es.Append{Writes: []es.Write{{
			Head: c.store.Empty(es.StreamID{Type: "Account", ID: id}),
			Events: []es.RawEvent{{
				Type: "AccountOpened", Schema: 2,
				Data: []byte(`{"accountId":"` + id + `","firstName":"Ada","initialDeposit":{"amount":"60.00","currency":"ZZZ"}}`),
			}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := c.send(t, "POST /accounts/a/deposits", `{`+zzz40+`}`); !strings.Contains(got.text,
		"not a current ISO 4217 code") {
		t.Errorf("deposit in a retired currency: status %d, body %s; want it refused", got.status, got.text)
	}
	c.send(t, "POST /accounts/a/withdrawals", `{`+usd4+`}`).refused(t, http.StatusUnprocessableEntity, "currency-mismatch")
	tooFine := strings.Replace(zzz40, "40.00", "0.001", 1)
	c.send(t, "POST /accounts/a/withdrawals", `{`+tooFine+`}`).refused(t, http.StatusUnprocessableEntity,
		"amount-too-fine")
	c.send(t, "POST /accounts/a/withdrawals", `{`+strings.Replace(zzz40, "ZZZ", "Z2Z", 1)+`}`).refused(t,
		http.StatusBadRequest, "invalid-request")

	c.ok(t, "POST /transfers", `{"fromAccountId":"a","toAccountId":"b",`+zzz40+`}`)
	left := c.ok(t, "POST /accounts/a/withdrawals", `{`+strings.Replace(zzz40, "40.00", "20", 1)+`}`)
	if !strings.Contains(left.text, `"balance":{"amount":"0.00","currency":"ZZZ"}`) {
		t.Errorf("withdrawal in a retired currency: %s, want a balance of 0.00", left.text)
	}
	if closed := c.ok(t, "POST /accounts/a/close", ""); !strings.Contains(closed.text, `"status":"closed"`) {
		t.Errorf("close the account: %s, want it closed", closed.text)
	}
}

// TestAddressOfAnEarlierRule: an account can be closed even if its stored address leads to no reservation by the
// current rule.
func TestAddressOfAnEarlierRule(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	_, err := c.store.Append(t.Context(), es.Append{Writes: []es.Write{{
		Head: c.store.Empty(es.StreamID{Type: "Account", ID: "a"}),
		Events: []es.RawEvent{{Type: "AccountOpened", Schema: 2, Data: []byte(
			`{"accountId":"a","firstName":"Ada","email":"not an address of today","initialDeposit":{"amount":"0.00",` +
				`"currency":"USD"}}`)}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if closed := c.ok(t, "POST /accounts/a/close", ""); !strings.Contains(closed.text, `"status":"closed"`) {
		t.Errorf("close the account: %s, want it closed", closed.text)
	}
}
