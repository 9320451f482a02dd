package order_test

import (
	"strings"
	"testing"

	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/rule"
)

// TestLimits: an order checks ids and texts itself, because commands do not only come over HTTP.
func TestLimits(t *testing.T) {
	t.Parallel()
	creating := func(id, customer string) decision {
		return func(order.State) ([]order.Event, error) { return order.Create(id, customer, nil) }
	}
	to := func(change func(*order.Address)) decision {
		changed := address
		change(&changed)
		return func(s order.State) ([]order.Event, error) { return s.SetShippingAddress(changed) }
	}
	shipAs := func(number string) decision {
		return func(s order.State) ([]order.Event, error) { return s.Ship(number) }
	}
	long := strings.Repeat("x", 201)
	// orders stored before these rules existed still work
	old := events{order.OrderCreated{OrderID: strings.Repeat("o", 1500), CustomerID: "c#"}, added("a/b", 1, usd("1"))}
	orders.Run(t, []testCase{
		{
			Name:      "create under an id that no route addresses",
			When:      creating("a#b", "c-1"),
			ThenError: refused(rule.IDMalformed),
		},
		{
			Name:      "create under a long id",
			When:      creating(strings.Repeat("o", 1500), "c-1"),
			ThenError: refused(rule.IDMalformed),
		},
		{Name: "create for a customer without an id", When: creating("o-1", ""), ThenError: refused(rule.IDMalformed)},
		{
			Name:      "create with a product without an id",
			When:      create(item("", 1, usd("1"))),
			ThenError: refused(rule.IDMalformed),
		},
		{
			Name:      "add a product that no route addresses",
			Given:     draft,
			When:      add("a/b", 1, usd("1")),
			ThenError: refused(rule.IDMalformed),
		},
		{
			Name:      "pay under an id with a space",
			Given:     placed,
			When:      pay("p 1", usd("1")),
			ThenError: refused(rule.IDMalformed),
		},

		{
			Name:      "to nobody",
			Given:     draft,
			When:      to(func(a *order.Address) { a.Recipient = " " }),
			ThenError: refused(rule.TextMissing),
		},
		{
			Name:      "to no line",
			Given:     draft,
			When:      to(func(a *order.Address) { a.Line1 = "" }),
			ThenError: refused(rule.TextMissing),
		},
		{
			Name:      "to no city",
			Given:     draft,
			When:      to(func(a *order.Address) { a.City = "" }),
			ThenError: refused(rule.TextMissing),
		},
		{
			Name:      "to no country",
			Given:     draft,
			When:      to(func(a *order.Address) { a.Country = "" }),
			ThenError: refused(rule.TextMissing),
		},
		{
			Name:      "to a long recipient",
			Given:     draft,
			When:      to(func(a *order.Address) { a.Recipient = long }),
			ThenError: refused(rule.TextTooLong),
		},
		{
			Name:      "to a long line",
			Given:     draft,
			When:      to(func(a *order.Address) { a.Line1 = long }),
			ThenError: refused(rule.TextTooLong),
		},
		{
			Name:      "to a long second line",
			Given:     draft,
			When:      to(func(a *order.Address) { a.Line2 = long }),
			ThenError: refused(rule.TextTooLong),
		},
		{
			Name:      "to a long city",
			Given:     draft,
			When:      to(func(a *order.Address) { a.City = long }),
			ThenError: refused(rule.TextTooLong),
		},
		{
			Name:      "to a long region",
			Given:     draft,
			When:      to(func(a *order.Address) { a.Region = long }),
			ThenError: refused(rule.TextTooLong),
		},
		{
			Name:      "to a long postal code",
			Given:     draft,
			When:      to(func(a *order.Address) { a.PostalCode = long[:41] }),
			ThenError: refused(rule.TextTooLong),
		},
		{
			Name:      "to a long country",
			Given:     draft,
			When:      to(func(a *order.Address) { a.Country = long }),
			ThenError: refused(rule.TextTooLong),
		},
		{
			Name:      "to a line that is not UTF-8",
			Given:     draft,
			When:      to(func(a *order.Address) { a.Line2 = "\xff" }),
			ThenError: refused(rule.TextMalformed),
		},

		{Name: "ship without a number", Given: paid, When: shipAs(""), ThenError: refused(rule.TextMissing)},
		{Name: "ship under a long number", Given: paid, When: shipAs(long[:101]), ThenError: refused(rule.TextTooLong)},
		{
			Name:      "ship under a number that is not UTF-8",
			Given:     paid,
			When:      shipAs("\xff"),
			ThenError: refused(rule.TextMalformed),
		},

		{
			Name:  "remove from an order of old",
			Given: old,
			When:  remove("a/b"),
			Then:  events{order.ItemRemoved{ProductID: "a/b"}},
		},
	}, refusals(rule.IDMalformed, rule.TextMissing, rule.TextTooLong, rule.TextMalformed)...)
}
