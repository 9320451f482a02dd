package order_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/rule"
)

// life is every event of an order except its cancellation, with lines that merge, stay separate and are removed.
var life = events{
	created,
	added("tea", 2, usd("5")),
	added("cup", 1, usd("2.50")),
	added("tea", 1, usd("5")),
	added("tea", 4, usd("4")),
	added("pot", 1, usd("30")),
	order.ItemRemoved{ProductID: "pot"},
	addressed,
	order.OrderPlaced{Total: usd("33.50")},
	received("p-1", "30"),
	received("p-2", "3"),
	received("p-3", "0.50"),
	flagged,
	shipped,
	order.OrderDelivered{},
}

func TestState(t *testing.T) {
	t.Parallel()
	want := order.State{
		OrderID: "o-1", CustomerID: "c-1", Status: order.StatusDelivered,
		Items:           []order.Item{item("tea", 3, usd("5")), item("cup", 1, usd("2.50")), item("tea", 4, usd("4"))},
		ShippingAddress: &address,
		Total:           usd("33.50"), Paid: usd("33.50"),
		Payments: []order.Payment{
			{PaymentID: "p-1", Amount: usd("30")}, {PaymentID: "p-2", Amount: usd("3")}, {PaymentID: "p-3", Amount: usd("0.50")},
		},
		TrackingNumber: "T-1", ShortOf: []string{"cup", "tea"},
	}
	if d := cmp.Diff(want, orders.Given(life...).State()); d != "" {
		t.Error(d)
	}
	orders.Given(life...).SurvivesSnapshots(t)
	orders.Given(cancelled...).SurvivesSnapshots(t)
	orders.Given(then(draft, order.ItemRemoved{ProductID: "tea"}, added("tea", 1, eur("5")))...).SurvivesSnapshots(t)
}

func TestStatusAndAmounts(t *testing.T) {
	t.Parallel()
	none := money.Money{}
	free := events{created, added("gift", 2, usd("0")), addressed, order.OrderPlaced{Total: usd("0")}}
	tests := []struct {
		name        string
		given       events
		status      order.Status
		total, paid money.Money
	}{
		{"nothing", nil, "", none, none},
		{"created", draft[:1], order.StatusDraft, none, none},
		{"draft", draft, order.StatusDraft, usd("15"), usd("0")},
		{"draft of what is free", free[:2], order.StatusDraft, usd("0"), usd("0")},
		{"emptied", then(draft, order.ItemRemoved{ProductID: "tea"}), order.StatusDraft, none, none},
		{
			"emptied of two lines", then(draft, added("tea", 1, usd("4")), order.ItemRemoved{ProductID: "tea"}),
			order.StatusDraft, none, none,
		},
		{"placed", placed, order.StatusPlaced, usd("15"), usd("0")},
		{"placed for nothing is paid", free, order.StatusPaid, usd("0"), usd("0")},
		{"partly paid", partlyPaid, order.StatusPlaced, usd("15"), usd("10")},
		{"paid", paid, order.StatusPaid, usd("15"), usd("15")},
		{"shipped", onItsWay, order.StatusShipped, usd("15"), usd("15")},
		{"delivered", arrived, order.StatusDelivered, usd("15"), usd("15")},
		{"cancelled", cancelled, order.StatusCancelled, usd("15"), usd("0")},
	}
	for _, tt := range tests {
		got := orders.Given(tt.given...).State()
		if got.Status != tt.status || got.Total != tt.total || got.Paid != tt.paid {
			t.Errorf("%s: got %s, total %s, paid %s, want %s, %s, %s",
				tt.name, got.Status, got.Total, got.Paid, tt.status, tt.total, tt.paid)
		}
	}
}

func TestStateAsTheAPIShowsIt(t *testing.T) {
	t.Parallel()
	const empty = `{"orderId":"o-1","customerId":"c-1","status":"draft","items":[],"payments":[]}`
	for _, tt := range []struct {
		given events
		want  string
	}{
		{draft[:1], empty},
		{then(draft, order.ItemRemoved{ProductID: "tea"}), empty},
		{then(draft[:1], flagged), strings.TrimSuffix(empty, "}") + `,"shortOf":["cup","tea"]}`},
		{onItsWay, `{"orderId":"o-1","customerId":"c-1","status":"shipped",` +
			`"items":[{"productId":"tea","quantity":3,"unitPrice":{"amount":"5.00","currency":"USD"}}],` +
			`"shippingAddress":{"recipient":"Ada Lovelace","line1":"12 St James's Square","city":"London","country":"UK"},` +
			`"total":{"amount":"15.00","currency":"USD"},"paid":{"amount":"15.00","currency":"USD"},` +
			`"payments":[{"paymentId":"p-1","amount":{"amount":"10.00","currency":"USD"}},` +
			`{"paymentId":"p-2","amount":{"amount":"5.00","currency":"USD"}}],"trackingNumber":"T-1"}`},
	} {
		got, err := json.Marshal(orders.Given(tt.given...).State())
		if err != nil || string(got) != tt.want {
			t.Errorf("state: %s, %v\nwant %s", got, err, tt.want)
		}
	}
}

// TestCopiesOfAStateStandAlone: a process with a cache hands out copies of one state. A change of one copy must not
// show in another.
func TestCopiesOfAStateStandAlone(t *testing.T) {
	t.Parallel()
	for n := range life {
		base := orders.Given(life[:n]...).State()
		for _, event := range []order.Event{
			added("tea", 7, usd("5")), added("new", 1, usd("5")), order.ItemRemoved{ProductID: "tea"}, received("p-9", "1"),
			order.ShippingAddressSet{Address: order.Address{City: "Paris"}},
		} {
			first, second := base, base
			order.Aggregate.Evolve(&first, event)
			firstAlone, _ := json.Marshal(first)
			order.Aggregate.Evolve(&second, added("other", 1, usd("5")))
			order.Aggregate.Evolve(&second, received("p-8", "1"))
			if d := cmp.Diff(orders.Given(life[:n]...).State(), base); d != "" {
				t.Errorf("%T after %d events changed the state that it was copied from:\n%s", event, n, d)
			}
			if now, _ := json.Marshal(first); string(now) != string(firstAlone) {
				t.Errorf("%T after %d events: what happened to another copy shows\n-%s\n+%s", event, n, firstAlone, now)
			}
		}
	}
}

// TestAddressOfAForgottenCustomer: an order whose address was erased has none. Its draft can't be placed; nothing else of
// it changes.
func TestAddressOfAForgottenCustomer(t *testing.T) {
	t.Parallel()
	erased := func(all events) events {
		out := slices.Clone(all)
		for i, event := range out {
			if _, is := event.(order.ShippingAddressSet); is {
				out[i] = order.ShippingAddressSet{}
			}
		}
		return out
	}
	for name, given := range map[string]events{"placed": placed, "paid": paid, "delivered": arrived, "cancelled": cancelled} {
		want := orders.Given(given...).State()
		want.ShippingAddress = nil
		if d := cmp.Diff(want, orders.Given(erased(given)...).State()); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	addressless := orders.Given(erased(then(draft, addressed))...).State()
	if _, err := addressless.Place(); !rule.Violated(err, order.NoShippingAddress) {
		t.Errorf("place an order without its address: %v, want NoShippingAddress", err)
	}
}
