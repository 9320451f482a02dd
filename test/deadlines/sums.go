package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/es"
)

// checkMoney checks that each payment has ended, and that what accounts paid is what orders and payments say.
func checkMoney(f *findings, all stored) {
	changed := map[string]int64{} // by account, by the payments
	var taken, received int64
	for stream, events := range all {
		switch stream.Type {
		case "Payment":
			account, cents := checkPayment(f, stream, events, all)
			changed[account] -= cents
			taken += sum(events, func(e event) bool { return e.kind == "AmountTaken" })
		case "Order":
			received += sum(events, func(e event) bool { return strings.HasPrefix(e.data.PaymentID, "account-") })
		}
	}
	if taken != received {
		f.violated("payments took %d cents, but orders received %d", taken, received)
	}
	for stream, events := range all {
		if stream.Type != "Account" {
			continue
		}
		withdrawn := sum(events, func(e event) bool { return e.kind == "MoneyWithdrawn" })
		balance := sum(events, func(event) bool { return true }) - 2*withdrawn
		if want := events[0].amount + changed[stream.ID]; balance != want || balance < 0 {
			f.violated("%s has %d cents, but by its payments it should have %d", stream, balance, want)
		}
	}
}

// sum returns the sum of the amounts of some events, in cents.
func sum(events []event, of func(event) bool) (cents int64) {
	for _, e := range events {
		if of(e) {
			cents += e.amount
		}
	}
	return cents
}

// checkPayment checks that a payment has ended. It returns the account, and what the payment cost it.
func checkPayment(f *findings, stream es.StreamID, events []event, all stored) (account string, cents int64) {
	var took, gave int
	for _, e := range events {
		switch e.kind {
		case "PaymentRequested":
			account = e.data.AccountID
		case "AmountTaken":
			took, cents = took+1, e.amount
		case "AmountReturned":
			gave, cents = gave+1, 0
		}
	}
	last := events[len(events)-1].kind
	order := all[es.StreamID{Type: "Order", ID: stream.ID}]
	cancelled := slices.ContainsFunc(order, func(e event) bool { return e.kind == "OrderCancelled" })
	switch {
	case last != "AmountTaken" && last != "AmountReturned" && last != "PaymentGivenUp":
		f.violated("%s has not ended: its last event is %s", stream, last)
	case took > 1 || gave > 1:
		f.violated("%s: money was taken %d times, and returned %d times", stream, took, gave)
	case last == "AmountTaken" && cancelled:
		f.violated("%s: the order is cancelled, and the money is not returned", stream)
	case last == "AmountReturned" && !cancelled:
		f.violated("%s: the money is returned, and the order is not cancelled", stream)
	}
	return account, cents
}

// checkStock checks that each paid order has its stock reserved, all of it, and no other order has any.
func checkStock(f *findings, all stored) {
	reserved := map[string]int{} // units by order
	for stream, events := range all {
		if stream.Type == "Product" {
			for order, units := range reservations(f, stream, events) {
				reserved[order] += units
			}
		}
	}
	for stream, events := range all {
		if stream.Type != "Order" {
			continue
		}
		if want, got := reservedFor(events), reserved[stream.ID]; got != want {
			f.violated("%s: %d units are reserved, want %d", stream, got, want)
		}
		delete(reserved, stream.ID)
	}
	for _, order := range slices.Sorted(maps.Keys(reserved)) {
		f.violated("stock is reserved for order %s, which was never created", order)
	}
}

// reservations returns the units of a product that are reserved, by order.
func reservations(f *findings, product es.StreamID, events []event) map[string]int {
	now := map[string]int{}
	for _, e := range events {
		switch e.kind {
		case "StockReserved":
			if now[e.data.OrderID] > 0 {
				f.violated("%s is reserved twice for order %s", product, e.data.OrderID)
			}
			now[e.data.OrderID] = e.data.Quantity
		case "ReservationReleased":
			delete(now, e.data.OrderID)
		}
	}
	return now
}

// reservedFor returns how many units must be reserved for an order.
func reservedFor(events []event) (units int) {
	var total, paid int64
	for _, e := range events {
		switch e.kind {
		case "ItemAdded":
			units += e.data.Quantity
		case "OrderPlaced":
			total = e.amount
		case "PaymentReceived":
			paid += e.amount
		case "OrderCancelled":
			return 0
		}
	}
	if paid < total {
		return 0
	}
	return units
}
