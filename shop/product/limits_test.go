package product_test

import (
	"strings"
	"testing"

	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/rule"
)

// TestLimits: a product checks ids and texts itself, because commands do not only come over HTTP.
func TestLimits(t *testing.T) {
	t.Parallel()
	listing := func(id, name string) decision {
		return func(product.State) ([]product.Event, error) { return product.List(id, name, usd("5")) }
	}
	reserve := func(orderID string) decision {
		return func(s product.State) ([]product.Event, error) { return s.Reserve(orderID, 1) }
	}
	products.Run(t, []testCase{
		{Name: "list under an id that no route addresses", When: listing("a#b", "Tea"), ThenError: refused(rule.IDMalformed)},
		{Name: "list without a name", When: listing("p-1", "\n"), ThenError: refused(rule.TextMissing)},
		{
			Name: "list under a long name", When: listing("p-1", strings.Repeat("x", 201)), ThenError: refused(rule.TextTooLong),
		},
		{Name: "list under a name that is not UTF-8", When: listing("p-1", "\xff"), ThenError: refused(rule.TextMalformed)},
		{Name: "reserve for an order that no route addresses", Given: events{
			listed(usd("5")), product.StockReceived{Quantity: 1},
		},
			When: reserve(strings.Repeat("o", 1500)), ThenError: refused(rule.IDMalformed)},
	}, refusals(rule.IDMalformed, rule.TextMissing, rule.TextTooLong, rule.TextMalformed)...)
}
