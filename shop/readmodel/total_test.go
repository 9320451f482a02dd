package readmodel_test

import (
	"encoding/json"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/readmodel"
)

// most is the largest amount of money in a command.
const most = "9999999999999999.99"

// TestTotalsHaveRoom: sums over orders can exceed the limit of one order, and are ordered as numbers.
func TestTotalsHaveRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"tea", "gold"} {
		create(t, w, w.products, id, func() ([]product.Event, error) { return product.List(id, id, usd(most)) })
	}
	for id, productID := range map[string]string{"1": "gold", "2": "gold", "3": "tea"} {
		w.live(t, id, "c", []order.Item{item(productID, 1, most)})
		do(t, w.orders, id, func(s order.State) ([]order.Event, error) { return s.SetShippingAddress(address) })
		do(t, w.orders, id, order.State.Place)
	}
	w.project(t)
	got, err := w.models.Sales(t.Context(), "gold")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(got)
	const want = `{"productId":"gold","orders":2,"units":2,"revenue":{"amount":"19999999999999999.98","currency":"USD"}}`
	if err != nil || string(text) != want {
		t.Errorf("total of sales: %s, %v, want %s", text, err, want)
	}
	var back readmodel.ProductSales
	if err := json.Unmarshal(text, &back); err != nil || gocmp.Diff(got, back) != "" {
		t.Errorf("total from its own JSON: %+v, %v, want the same", back, err)
	}
	top, err := w.models.TopSales(t.Context(), 10)
	if err != nil || len(top.Items) != 2 || top.Items[0].ProductID != "gold" {
		t.Errorf("top sales: %+v, %v, want gold first", top, err)
	}
}

// TestCountersOf38Digits: any counter that DynamoDB can hold is read unchanged, whatever its currency.
func TestCountersOf38Digits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const digits, nines = "99999999999999999999999999999999999999", "999999999999999999999999999999999999.99"
	number := func(s string) projection.Number { return total(s, "").Amount }
	w.write(t, "product-counts",
		projection.Write{Kind: projection.Add, Key: readmodel.CountsKey("old"), Counters: map[string]projection.Number{
			"orders": number(digits), "units": number(digits), "revenue.USD": number(nines), "revenue.ZZZ": number("5"),
			"listed.USD": number("1"),
		}})
	got, err := w.models.Sales(t.Context(), "old")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(got)
	const want = `{"productId":"old","orders":` + digits + `,"units":` + digits + `,"revenue":{"amount":"` + nines +
		`","currency":"USD"},` +
		`"otherRevenue":[{"amount":"5","currency":"ZZZ"}]}`
	if err != nil || string(text) != want {
		t.Errorf("sales with other currencies: %s, %v", text, err)
	}
}
