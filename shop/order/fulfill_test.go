package order_test

import (
	"strconv"
	"testing"

	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/rule"
)

func pay(paymentID string, amount money.Money) decision {
	return func(s order.State) ([]order.Event, error) { return s.ReceivePayment(paymentID, amount) }
}

func ship(s order.State) ([]order.Event, error) { return s.Ship("T-1") }

func TestPlace(t *testing.T) {
	t.Parallel()
	ready := then(draft, addressed)
	place := order.State.Place
	orders.Run(t, []testCase{
		{Name: "with items and address", Given: ready, When: place, Then: events{order.OrderPlaced{Total: usd("15")}}},
		{
			Name:  "for nothing",
			Given: events{created, added("gift", 1, usd("0")), addressed},
			When:  place,
			Then:  events{order.OrderPlaced{Total: usd("0")}},
		},
		{Name: "without items", Given: events{created, addressed}, When: place, ThenError: refused(order.Empty)},
		{
			Name:      "with all items removed",
			Given:     then(ready, order.ItemRemoved{ProductID: "tea"}),
			When:      place,
			ThenError: refused(order.Empty),
		},
		{Name: "without an address", Given: draft, When: place, ThenError: refused(order.NoShippingAddress)},
		{Name: "twice", Given: placed, When: place, ThenError: refused(order.NotDraft)},
		{Name: "when paid", Given: paid, When: place, ThenError: refused(order.NotDraft)},
		{Name: "when cancelled", Given: neverPlaced, When: place, ThenError: refused(order.NotDraft)},
		{Name: "before it is created", When: place, ThenError: refused(order.NotDraft)},
	}, refusals(order.NotDraft, order.Empty, order.NoShippingAddress)...)
}

func TestReceivePayment(t *testing.T) {
	t.Parallel()
	free := events{created, added("gift", 1, usd("0")), addressed, order.OrderPlaced{Total: usd("0")}}
	full := events{
		created, added("tea", order.MaxPayments+1, usd("0.01")), addressed, order.OrderPlaced{Total: usd("5.01")},
	}
	for i := range order.MaxPayments {
		full = append(full, received("p-"+strconv.Itoa(i), "0.01"))
	}
	orders.Run(t, []testCase{
		{Name: "in full", Given: placed, When: pay("p-1", usd("15")), Then: events{received("p-1", "15")}},
		{Name: "in part", Given: placed, When: pay("p-1", usd("0.01")), Then: events{received("p-1", "0.01")}},
		{Name: "the rest", Given: partlyPaid, When: pay("p-2", usd("5")), Then: events{received("p-2", "5")}},
		{Name: "a cent too much", Given: placed, When: pay("p-1", usd("15.01")), ThenError: refused(order.Overpayment)},
		{
			Name:      "a cent more than the rest",
			Given:     partlyPaid,
			When:      pay("p-2", usd("5.01")),
			ThenError: refused(order.Overpayment),
		},
		{Name: "when paid", Given: paid, When: pay("p-3", usd("0.01")), ThenError: refused(order.Overpayment)},
		{Name: "when shipped", Given: onItsWay, When: pay("p-3", usd("0.01")), ThenError: refused(order.Overpayment)},
		{Name: "when delivered", Given: arrived, When: pay("p-3", usd("0.01")), ThenError: refused(order.Overpayment)},
		{
			Name:      "for an order that costs nothing",
			Given:     free,
			When:      pay("p-1", usd("0.01")),
			ThenError: refused(order.Overpayment),
		},
		{
			Name:      "the same payment twice",
			Given:     partlyPaid,
			When:      pay("p-1", usd("5")),
			ThenError: refused(order.PaymentAlreadyRecorded),
		},
		{
			Name:      "the last payment twice",
			Given:     paid,
			When:      pay("p-2", usd("5")),
			ThenError: refused(order.PaymentAlreadyRecorded),
		},
		{Name: "nothing", Given: placed, When: pay("p-1", usd("0")), ThenError: refused(rule.AmountNotPositive)},
		{
			Name:      "less than nothing",
			Given:     partlyPaid,
			When:      pay("p-2", usd("-10")),
			ThenError: refused(rule.AmountNotPositive),
		},
		{Name: "no money", Given: placed, When: pay("p-1", money.Money{}), ThenError: refused(rule.AmountNotPositive)},
		{Name: "in another currency", Given: placed, When: pay("p-1", eur("15")), ThenError: refused(rule.CurrencyMismatch)},
		{
			Name:      "a payment more than it can have",
			Given:     full,
			When:      pay("p-last", usd("0.01")),
			ThenError: refused(order.TooManyPayments),
		},
		{Name: "as a draft", Given: draft, When: pay("p-1", usd("15")), ThenError: refused(order.NotPlaced)},
		{Name: "when cancelled", Given: cancelled, When: pay("p-1", usd("15")), ThenError: refused(order.Cancelled)},
		{Name: "before it is created", When: pay("p-1", usd("15")), ThenError: refused(order.NotPlaced)},
	}, refusals(order.NotPlaced, order.Cancelled, order.Overpayment, order.PaymentAlreadyRecorded, order.TooManyPayments,
		rule.AmountNotPositive, rule.CurrencyMismatch)...)
}

func TestShipDeliverCancel(t *testing.T) {
	t.Parallel()
	deliver, cancel := order.State.Deliver, order.State.Cancel
	delivery, cancellation := events{order.OrderDelivered{}}, events{order.OrderCancelled{}}
	orders.Run(t, []testCase{
		{Name: "ship when paid", Given: paid, When: ship, Then: events{shipped}},
		{
			Name:  "ship what costs nothing",
			Given: events{created, added("gift", 1, usd("0")), addressed, order.OrderPlaced{Total: usd("0")}},
			When:  ship,
			Then:  events{shipped},
		},
		{Name: "ship a draft", Given: draft, When: ship, ThenError: refused(order.NotPlaced)},
		{Name: "ship unpaid", Given: placed, When: ship, ThenError: refused(order.NotPaid)},
		{Name: "ship partly paid", Given: partlyPaid, When: ship, ThenError: refused(order.NotPaid)},
		{Name: "ship twice", Given: onItsWay, When: ship, ThenError: refused(order.AlreadyShipped)},
		{Name: "ship when delivered", Given: arrived, When: ship, ThenError: refused(order.AlreadyShipped)},
		{
			Name:      "ship when cancelled",
			Given:     then(paid, order.OrderCancelled{}),
			When:      ship,
			ThenError: refused(order.Cancelled),
		},
		{Name: "ship before it is created", When: ship, ThenError: refused(order.NotPlaced)},

		{Name: "deliver when shipped", Given: onItsWay, When: deliver, Then: delivery},
		{Name: "deliver a draft", Given: draft, When: deliver, ThenError: refused(order.NotShipped)},
		{Name: "deliver when paid", Given: paid, When: deliver, ThenError: refused(order.NotShipped)},
		{Name: "deliver twice", Given: arrived, When: deliver, ThenError: refused(order.AlreadyDelivered)},
		{Name: "deliver when cancelled", Given: cancelled, When: deliver, ThenError: refused(order.Cancelled)},
		{Name: "deliver before it is created", When: deliver, ThenError: refused(order.NotShipped)},

		{Name: "cancel a draft", Given: draft, When: cancel, Then: cancellation},
		{Name: "cancel when placed", Given: placed, When: cancel, Then: cancellation},
		{Name: "cancel when partly paid", Given: partlyPaid, When: cancel, Then: cancellation},
		{Name: "cancel when paid", Given: paid, When: cancel, Then: cancellation},
		{Name: "cancel when shipped", Given: onItsWay, When: cancel, ThenError: refused(order.AlreadyShipped)},
		{Name: "cancel when delivered", Given: arrived, When: cancel, ThenError: refused(order.AlreadyShipped)},
		{Name: "cancel twice", Given: cancelled, When: cancel, ThenError: refused(order.Cancelled)},
		{Name: "cancel before it is created", When: cancel, ThenError: refused(order.NotDraft)},
	}, refusals(order.NotPlaced, order.NotPaid, order.NotShipped, order.AlreadyShipped, order.AlreadyDelivered,
		order.Cancelled, order.NotDraft)...)
}
