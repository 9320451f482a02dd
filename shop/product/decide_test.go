package product_test

import (
	"math"
	"slices"
	"testing"

	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/rule"
)

func list(price money.Money) decision {
	return func(product.State) ([]product.Event, error) { return product.List("p-1", "Tea", price) }
}

func receive(quantity int) decision {
	return func(s product.State) ([]product.Event, error) { return s.ReceiveStock(quantity) }
}

func changePrice(price money.Money) decision {
	return func(s product.State) ([]product.Event, error) { return s.ChangePrice(price) }
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	tea := events{listed(usd("5"))}
	stock := func(quantity int) events { return events{product.StockReceived{Quantity: quantity}} }
	price := func(price money.Money) events { return events{product.PriceChanged{UnitPrice: price}} }

	products.Run(t, []testCase{
		{Name: "list", When: list(usd("5")), Then: tea},
		{Name: "list free of charge", When: list(usd("0")), Then: events{listed(usd("0"))}},
		{Name: "list at a negative price", When: list(usd("-0.01")), ThenError: refused(rule.AmountNegative)},
		{Name: "list without a price", When: list(money.Money{}), ThenError: refused(rule.CurrencyMissing)},

		{Name: "receive a unit", Given: tea, When: receive(1), Then: stock(1)},
		{Name: "receive the most units", Given: tea, When: receive(rule.MaxQuantity), Then: stock(rule.MaxQuantity)},
		{
			Name:      "receive a unit more",
			Given:     tea,
			When:      receive(rule.MaxQuantity + 1),
			ThenError: refused(rule.QuantityTooLarge),
		},
		{
			Name:      "receive more than it holds",
			Given:     slices.Concat(tea, stock(rule.MaxUnits)),
			When:      receive(1),
			ThenError: refused(rule.QuantityTooLarge),
		},
		{Name: "receive nothing", Given: tea, When: receive(0), ThenError: refused(rule.QuantityNotPositive)},
		{
			Name:      "receive less than nothing",
			Given:     tea,
			When:      receive(math.MinInt),
			ThenError: refused(rule.QuantityNotPositive),
		},
		{Name: "receive before it is listed", When: receive(1), ThenError: refused(product.NotListed)},

		{Name: "change price", Given: tea, When: changePrice(usd("4.99")), Then: price(usd("4.99"))},
		{Name: "change price to nothing", Given: tea, When: changePrice(usd("0")), Then: price(usd("0"))},
		{Name: "change price to what it is", Given: tea, When: changePrice(usd("5")), Then: price(usd("5"))},
		{
			Name:      "change price to less than nothing",
			Given:     tea,
			When:      changePrice(usd("-0.01")),
			ThenError: refused(rule.AmountNegative),
		},
		{
			Name:      "change price to no money",
			Given:     tea,
			When:      changePrice(money.Money{}),
			ThenError: refused(rule.CurrencyMissing),
		},
		{Name: "change currency", Given: tea, When: changePrice(eur("5")), ThenError: refused(rule.CurrencyMismatch)},
		{
			Name:      "change currency of what is free",
			Given:     events{listed(usd("0"))},
			When:      changePrice(eur("0")),
			ThenError: refused(rule.CurrencyMismatch),
		},
		{Name: "change price before it is listed", When: changePrice(usd("5")), ThenError: refused(product.NotListed)},
	}, refusals(product.NotListed, rule.AmountNegative, rule.CurrencyMissing, rule.CurrencyMismatch,
		rule.QuantityNotPositive, rule.QuantityTooLarge)...)
}
