package order_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/rule"
)

// TestAnyLife sends random commands. Accepted commands keep the order's invariants, and others are refused by a rule.
func TestAnyLife(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		history := rapid.SampledFrom([]events{draft[:1], then(draft, addressed), placed, paid}).Draw(t, "history")
		for range rapid.IntRange(5, 40).Draw(t, "commands") {
			before := orders.Given(history...).State()
			happened, err := draw(t)(before)
			var violation *rule.Violation
			if err != nil && !errors.As(err, &violation) {
				t.Fatalf("not a rule: %v", err)
			}
			history = append(slices.Clip(history), happened...)
			keepsInvariants(t, before, orders.Given(history...).State(), err)
		}
	})
}

// draw draws a random command.
func draw(t *rapid.T) decision {
	product := rapid.SampledFrom([]string{"tea", "cup"}).Draw(t, "product")
	amount := rapid.SampledFrom([]money.Money{usd("0"), usd("0.10"), usd("5"), eur("5"), usd("-1")}).Draw(t, "amount")
	quantity := rapid.IntRange(0, 3).Draw(t, "quantity")
	payment := strconv.Itoa(rapid.IntRange(0, 9).Draw(t, "payment"))
	payRest := func(s order.State) ([]order.Event, error) {
		return s.ReceivePayment(payment, money.Must(s.Total.Sub(s.Paid)))
	}
	if rapid.IntRange(0, 49).Draw(t, "cancel") == 25 { // seldom: nothing follows
		return order.State.Cancel
	}
	return rapid.SampledFrom([]decision{
		add(product, quantity, amount), add(product, quantity, amount), remove(product), setAddress, order.State.Place,
		pay(payment, amount), pay(payment, amount), payRest, ship, order.State.Deliver,
	}).Draw(t, "command")
}

// next are the statuses that may follow each status.
var next = map[order.Status][]order.Status{
	order.StatusDraft:   {order.StatusPlaced, order.StatusPaid, order.StatusCancelled}, // paid: for nothing
	order.StatusPlaced:  {order.StatusPaid, order.StatusCancelled},
	order.StatusPaid:    {order.StatusShipped, order.StatusCancelled},
	order.StatusShipped: {order.StatusDelivered},
}

func keepsInvariants(t *rapid.T, before, after order.State, refused error) {
	lines, payments := money.Money{}, after.Total.Zero()
	for i, line := range after.Items {
		if line.Quantity < 1 || line.UnitPrice.IsNegative() {
			t.Fatalf("order line: %+v, want a positive quantity and a price of 0 or more", line)
		}
		if slices.ContainsFunc(after.Items[:i], func(o order.Item) bool {
			return o.ProductID == line.ProductID && o.UnitPrice == line.UnitPrice
		}) {
			t.Fatalf("two lines for %s at %s", line.ProductID, line.UnitPrice)
		}
		lines = money.Must(lines.Add(money.Must(line.UnitPrice.Mul(line.Quantity))))
	}
	for _, p := range after.Payments {
		payments = money.Must(payments.Add(p.Amount))
	}
	due := money.Must(after.Total.Sub(after.Paid))
	settled := after.Status == order.StatusPaid || after.Status == order.StatusShipped ||
		after.Status == order.StatusDelivered
	switch {
	case lines != after.Total || payments != after.Paid:
		t.Fatalf("lines come to %s, payments to %s: %+v", lines, payments, after)
	case due.IsNegative() || settled && due.Sign() != 0 || after.Status == order.StatusPlaced && due.Sign() == 0:
		t.Fatalf("%s is owed by an order that is %s", due, after.Status)
	case after.Status != order.StatusDraft && after.Status != order.StatusCancelled &&
		(len(after.Items) == 0 || after.ShippingAddress == nil):
		t.Fatalf("%s without an item or an address", after.Status)
	case after.Status != before.Status && (refused != nil || !slices.Contains(next[before.Status], after.Status)):
		t.Fatalf("%s became %s (%v), which no event allows", before.Status, after.Status, refused)
	case before.Status != order.StatusDraft && after.Total != before.Total:
		t.Fatalf("the total changed from %s to %s when %s", before.Total, after.Total, before.Status)
	}
}
