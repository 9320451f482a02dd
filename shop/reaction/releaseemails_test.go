package reaction_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/annals/annalstest"
	"github.com/annals-es/annals/shop"
)

// TestReleaseEmails: the addresses of a person who is forgotten are free again, those of others are not. What happened
// to an address since stays as it is.
func TestReleaseEmails(t *testing.T) {
	t.Parallel()
	s := annalstest.Run(t, shop.New())
	as := func(who, route, body string, status int) {
		t.Helper()
		ctx := annalshttp.WithPrincipal(t.Context(), who, "shop/command", "shop/query", "shop/operate")
		if out := s.As(t, ctx, route, body); out.Code != status {
			t.Errorf("%s: %s %s: %d %s, want %d", who, route, body, out.Code, out.Body, status)
		}
	}
	open := func(who, id, address string, status int) {
		t.Helper()
		as(who, "POST /accounts", fmt.Sprintf(
			`{"accountId":%q,"ownerName":"Ann","email":%q,"initialDeposit":{"amount":"0","currency":"EUR"}}`, id, address), status)
	}
	for i := range 60 { // more than one event names
		open("ann", fmt.Sprint("ann-", i), fmt.Sprintf("ann-%d@example.com", i), http.StatusCreated)
	}
	open("bob", "bob", "bob@example.com", http.StatusCreated)
	as("ann", "POST /accounts/ann-3/close", "", http.StatusOK)
	open("carl", "carl", "ann-3@example.com", http.StatusCreated)

	as("op", "POST /subjects/ann/forget", "", http.StatusAccepted)
	for i := range 60 {
		status := http.StatusCreated
		if i == 3 {
			status = http.StatusUnprocessableEntity
		}
		open("dora", fmt.Sprint("dora-", i), fmt.Sprintf("ann-%d@example.com", i), status)
	}
	open("dora", "dora", "bob@example.com", http.StatusUnprocessableEntity)
	ctx := annalshttp.WithPrincipal(t.Context(), "op", "shop/query", "shop/operate")
	if got := s.As(t, ctx, "GET /accounts/ann-1", "").Body.String(); strings.Contains(got, "Ann") ||
		!strings.Contains(got, `"ownerName":"(removed)"`) {
		t.Errorf("an account of ann, who was forgotten: %s", got)
	}
}
