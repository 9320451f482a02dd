package main

import (
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es"
)

// TestReactionsAreMissed: the checks find what the service failed to do by itself, or did twice.
func TestReactionsAreMissed(t *testing.T) {
	t.Parallel()
	placed := []es.Commit{
		commit(t, "Order#o", 1, "k1", "i1", "OrderCreated", `{"customerId":"c"}`),
		commit(t, "Order#o", 2, "k1", "i1", "ItemAdded", `{"productId":"p","quantity":1}`),
		commit(t, "Order#o", 3, "k2", "i2", "OrderPlaced", `{}`),
	}
	of := func(version int64, kind string) es.Commit { return commit(t, "Order#o", version, "k", "i", kind, `{}`) }
	stock := func(version int64, kind string) es.Commit {
		return commit(t, "Product#p", version, "k2", "i3", kind, `{"orderId":"o","quantity":1}`)
	}
	payment := func(version int64, kind string) es.Commit {
		return commit(t, "Payment#o", version, "k3", "i4", kind, `{"amount":{"amount":"10.00","currency":"USD"}}`)
	}
	paid, cancelled, reserved := of(4, "PaymentReceived"), of(4, "OrderCancelled"), stock(1, "StockReserved")
	for name, c := range map[string]struct {
		more []es.Commit
		want int
	}{
		"placed, and too late":            {nil, 1},
		"cancelled":                       {[]es.Commit{cancelled}, 0},
		"paid, not reserved":              {[]es.Commit{paid}, 1},
		"paid, reserved":                  {[]es.Commit{paid, reserved}, 0},
		"paid, flagged":                   {[]es.Commit{paid, of(5, "OrderFlaggedShort")}, 0},
		"paid, reserved and released":     {[]es.Commit{paid, reserved, stock(2, "ReservationReleased")}, 1},
		"paid, reserved twice":            {[]es.Commit{paid, reserved, stock(2, "StockReserved")}, 1},
		"cancelled, still reserved":       {[]es.Commit{cancelled, reserved}, 1},
		"cancelled, released":             {[]es.Commit{cancelled, reserved, stock(2, "ReservationReleased")}, 0},
		"cancelled, the payment goes on":  {[]es.Commit{cancelled, payment(1, "AmountRefused")}, 1},
		"cancelled, the payment given up": {[]es.Commit{cancelled, payment(1, "PaymentGivenUp")}, 0},
		"cancelled, the money not back":   {[]es.Commit{cancelled, payment(1, "AmountTaken")}, 1},
		"cancelled, and the money is back": {
			[]es.Commit{cancelled, payment(1, "AmountTaken"), payment(2, "AmountReturned")}, 0,
		},
	} {
		if got := keep(append(placed[:3:3], c.more...)...).checkReactions(); len(got) != c.want {
			t.Errorf("%s: reported %v, want %d", name, got, c.want)
		}
	}
}

// TestTaken: what payments took is counted once, and not if it was returned.
func TestTaken(t *testing.T) {
	t.Parallel()
	const amount = `{"paymentId":"account-1","amount":{"amount":"10.00","currency":"USD"}}`
	s := keep(
		commit(t, "Order#a", 1, "k", "i1", "PaymentReceived", amount),
		commit(t, "Payment#a", 1, "k", "i1", "AmountTaken", amount),
		commit(t, "Order#b", 1, "k", "i2", "PaymentReceived", amount),
		commit(t, "Payment#b", 1, "k", "i2", "AmountTaken", amount),
		commit(t, "Payment#b", 2, "k", "i3", "AmountReturned", `{}`),
		commit(t, "Order#c", 1, "k", "i4", "PaymentReceived", strings.Replace(amount, "account-1", "pay-1", 1)),
	)
	if got := s.taken(); got != 1000 {
		t.Errorf("taken: %d cents, want 1000", got)
	}
}
