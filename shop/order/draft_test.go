package order_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/rule"
)

func create(items ...order.Item) decision {
	return func(order.State) ([]order.Event, error) { return order.Create("o-1", "c-1", items) }
}

func add(productID string, quantity int, price money.Money) decision {
	return func(s order.State) ([]order.Event, error) { return s.AddItem(item(productID, quantity, price)) }
}

func remove(productID string) decision {
	return func(s order.State) ([]order.Event, error) { return s.RemoveItem(productID) }
}

func setAddress(s order.State) ([]order.Event, error) { return s.SetShippingAddress(address) }

// items are n items of one dollar, each of a product of its own.
func items(n int) []order.Item {
	out := make([]order.Item, n)
	for i := range out {
		out[i] = item("p-"+strconv.Itoa(i), 1, usd("1"))
	}
	return out
}

// addedAll is an order that was created with items.
func addedAll(items []order.Item) events {
	out := events{created}
	for _, i := range items {
		out = append(out, order.ItemAdded(i))
	}
	return out
}

func TestCreate(t *testing.T) {
	t.Parallel()
	most := items(order.MaxItemsAtCreation)
	orders.Run(t, []testCase{
		{Name: "without items", When: create(), Then: events{created}},
		{Name: "with an item", When: create(item("tea", 3, usd("5"))), Then: draft},
		{
			Name: "with the same item twice",
			When: create(item("tea", 3, usd("5")), item("tea", 3, usd("5"))),
			Then: then(draft, draft[1]),
		},
		{Name: "with as many items as a commit takes", When: create(most...), Then: addedAll(most)},
		{Name: "with an item more", When: create(items(len(most) + 1)...), ThenError: refused(order.TooManyItems)},
		{
			Name:      "with two currencies",
			When:      create(item("tea", 1, usd("5")), item("cup", 1, eur("5"))),
			ThenError: refused(rule.CurrencyMismatch),
		},
		{
			Name:      "with a bad second item",
			When:      create(item("tea", 1, usd("5")), item("cup", 0, usd("5"))),
			ThenError: refused(rule.QuantityNotPositive),
		},
		{
			Name:      "with too large a total",
			When:      create(item("tea", 1, usd("9999999999999999.99")), item("cup", 1, usd("0.01"))),
			ThenError: refused(rule.AmountTooLarge),
		},
	}, refusals(order.TooManyItems)...)
}

func TestAddItem(t *testing.T) {
	t.Parallel()
	full := addedAll(items(order.MaxLines))
	most := usd("9999999999999999.99")
	crowded := events{created, added("tea", rule.MaxUnits-2, usd("0")), added("cup", 1, usd("0"))}
	emptied := then(draft, order.ItemRemoved{ProductID: "tea"})
	orders.Run(t, []testCase{
		{Name: "the first", Given: events{created}, When: add("tea", 3, usd("5")), Then: draft[1:]},
		{Name: "another product", Given: draft, When: add("cup", 1, usd("2.50")), Then: events{added("cup", 1, usd("2.50"))}},
		{Name: "the same product", Given: draft, When: add("tea", 2, usd("5")), Then: events{added("tea", 2, usd("5"))}},
		{
			Name:  "the same product at another price",
			Given: draft,
			When:  add("tea", 2, usd("4")),
			Then:  events{added("tea", 2, usd("4"))},
		},
		{Name: "free of charge", Given: draft, When: add("gift", 1, usd("0")), Then: events{added("gift", 1, usd("0"))}},
		{
			Name:  "as many units as a command takes",
			Given: draft,
			When:  add("tea", rule.MaxQuantity, usd("5")),
			Then:  events{added("tea", rule.MaxQuantity, usd("5"))},
		},
		{
			Name:  "another currency once it is empty again",
			Given: emptied,
			When:  add("tea", 1, eur("5")),
			Then:  events{added("tea", 1, eur("5"))},
		},
		{Name: "another currency", Given: draft, When: add("cup", 1, eur("2.50")), ThenError: refused(rule.CurrencyMismatch)},
		{
			Name:      "another currency to what is free",
			Given:     events{created, added("gift", 1, usd("0"))},
			When:      add("cup", 1, eur("0")),
			ThenError: refused(rule.CurrencyMismatch),
		},
		{Name: "no units", Given: draft, When: add("tea", 0, usd("5")), ThenError: refused(rule.QuantityNotPositive)},
		{
			Name:      "less than no units",
			Given:     draft,
			When:      add("tea", math.MinInt, usd("5")),
			ThenError: refused(rule.QuantityNotPositive),
		},
		{
			Name:      "too many units",
			Given:     draft,
			When:      add("tea", rule.MaxQuantity+1, usd("5")),
			ThenError: refused(rule.QuantityTooLarge),
		},
		{
			Name:      "too many units in all",
			Given:     crowded,
			When:      add("tea", 2, usd("0")),
			ThenError: refused(rule.QuantityTooLarge),
		},
		{Name: "the last unit", Given: crowded, When: add("tea", 1, usd("0")), Then: events{added("tea", 1, usd("0"))}},
		{
			Name:      "at a negative price",
			Given:     draft,
			When:      add("tea", 1, usd("-0.01")),
			ThenError: refused(rule.AmountNegative),
		},
		{Name: "without a price", Given: draft, When: add("tea", 1, money.Money{}), ThenError: refused(rule.CurrencyMissing)},
		{
			Name:      "at a price too large for its quantity",
			Given:     draft,
			When:      add("tea", 2, most),
			ThenError: refused(rule.AmountTooLarge),
		},
		{
			Name:      "at a price too large for the total",
			Given:     draft,
			When:      add("cup", 1, most),
			ThenError: refused(rule.AmountTooLarge),
		},
		{
			Name:      "a line more than it can have",
			Given:     full,
			When:      add("tea", 1, usd("1")),
			ThenError: refused(order.TooManyItems),
		},
		{
			Name:  "to a line of a full order",
			Given: full,
			When:  add("p-0", 1, usd("1")),
			Then:  events{added("p-0", 1, usd("1"))},
		},
		{Name: "when placed", Given: placed, When: add("tea", 1, usd("5")), ThenError: refused(order.NotDraft)},
		{Name: "when paid", Given: paid, When: add("tea", 1, usd("5")), ThenError: refused(order.NotDraft)},
		{
			Name:      "when cancelled as a draft",
			Given:     neverPlaced,
			When:      add("tea", 1, usd("5")),
			ThenError: refused(order.NotDraft),
		},
		{Name: "before it is created", When: add("tea", 1, usd("5")), ThenError: refused(order.NotDraft)},
	}, refusals(order.NotDraft, order.TooManyItems, rule.QuantityNotPositive, rule.QuantityTooLarge, rule.AmountNegative,
		rule.CurrencyMissing, rule.CurrencyMismatch, rule.AmountTooLarge)...)
}

func TestChangeADraft(t *testing.T) {
	t.Parallel()
	orders.Run(t, []testCase{
		{Name: "remove", Given: draft, When: remove("tea"), Then: events{order.ItemRemoved{ProductID: "tea"}}},
		{Name: "remove what is not in it", Given: draft, When: remove("cup"), ThenError: refused(order.ItemNotInOrder)},
		{
			Name:      "remove twice",
			Given:     then(draft, order.ItemRemoved{ProductID: "tea"}),
			When:      remove("tea"),
			ThenError: refused(order.ItemNotInOrder),
		},
		{Name: "remove from nothing", Given: events{created}, When: remove("tea"), ThenError: refused(order.ItemNotInOrder)},
		{Name: "remove when placed", Given: placed, When: remove("tea"), ThenError: refused(order.NotDraft)},
		{Name: "remove when shipped", Given: onItsWay, When: remove("tea"), ThenError: refused(order.NotDraft)},
		{Name: "remove before it is created", When: remove("tea"), ThenError: refused(order.NotDraft)},

		{Name: "set address", Given: events{created}, When: setAddress, Then: events{addressed}},
		{Name: "set address again", Given: then(draft, addressed), When: setAddress, Then: events{addressed}},
		{Name: "set address when placed", Given: placed, When: setAddress, ThenError: refused(order.NotDraft)},
		{Name: "set address when cancelled", Given: neverPlaced, When: setAddress, ThenError: refused(order.NotDraft)},
		{Name: "set address before it is created", When: setAddress, ThenError: refused(order.NotDraft)},
	}, refusals(order.NotDraft, order.ItemNotInOrder)...)
}
