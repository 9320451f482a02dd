package readmodel_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/internal/payload"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/readmodel"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// TestOneRowBreaksNoList: a row that can't be read is left out of its list and counted, and its key is told, without
// what is in it.
func TestOneRowBreaksNoList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	create(t, w, w.products, "tea", func() ([]product.Event, error) { return product.List("tea", "Tea", usd("5")) })
	create(t, w, w.accounts, "a", func() ([]account.Event, error) { return account.Open("a", "Ada", "", usd("5")) })
	w.live(t, "1", "c", []order.Item{item("tea", 1, "5")})
	do(t, w.orders, "1", func(s order.State) ([]order.Event, error) { return s.SetShippingAddress(address) })
	do(t, w.orders, "1", order.State.Place)
	w.project(t)
	const secret = `{"total":{"amount":"12.34","currency":"secret"},"balance":{"amount":"1","currency":"secret"}}`
	put := func(model, partition string) projection.Key {
		key := projection.Key{Partition: partition, Sort: "5"}
		w.write(t, model, projection.Write{Key: key, Row: json.RawMessage(secret)})
		return key
	}
	all := readmodel.PageRequest{Limit: 10}
	statement := put(tables.AccountStatement, "Account#a")
	check[readmodel.Movement](t, "statement", statement)(w.models.Statement(t.Context(), "a", all))
	customer := put(tables.CustomerOrders, "c")
	check[readmodel.OrderSummary](t, "customer's orders", customer)(w.models.CustomerOrders(t.Context(), "c", all))
	active := put(tables.ActiveOrders, "active|3")
	check[readmodel.OrderSummary](t, "active orders", active)(w.models.ActiveOrders(t.Context(), all))
}

// TestOneProductBreaksNoList: so is a product whose counters can't be read.
func TestOneProductBreaksNoList(t *testing.T) {
	t.Parallel()
	top := readmodel.TopOf(map[string]map[string]string{
		"tea": {"orders": "1", "units": "2", "revenue.USD": "5"}, "never": {"listed.USD": "1"},
		"odd": {"orders": "1E+999"}, "odder": {"orders": "1", "units": "x"}, "oddest": {"orders": "1", "revenue.USD": "secret"},
	}, 10)
	if len(top.Items) != 1 || top.Items[0].ProductID != "tea" || top.Unreadable != 3 || len(top.LeftOut) != 3 {
		t.Errorf("%+v", top)
	}
	for _, left := range top.LeftOut {
		if !strings.HasPrefix(left.Key.Sort, "odd") || strings.Contains(left.Why, "secret") {
			t.Errorf("%+v", left)
		}
	}
}

// TestTopSalesFit: there are fewer than asked for where all are too large an answer.
func TestTopSalesFit(t *testing.T) {
	t.Parallel()
	all := map[string]map[string]string{}
	for i := range 1000 { // each in all currencies that there may be, of the largest sums that there can be
		counters := map[string]string{"orders": "1", "units": "1"}
		for c := range 170 {
			counters[fmt.Sprintf("revenue.X%02X", c)] = strings.Repeat("9", 38-len(fmt.Sprint(i))) + fmt.Sprint(i)
		}
		all[fmt.Sprintf("%0128d", i)] = counters
	}
	top := readmodel.TopOf(all, 1000)
	if n := len(top.Items); n == 0 || n == 1000 || payload.JSONSize(top) > payload.PageBytes+2*n+100 {
		t.Errorf("%d products, %d bytes", n, payload.JSONSize(top))
	}
	if n := len(readmodel.TopOf(all, 10).Items); n != 10 {
		t.Errorf("%d of 10", n)
	}
}

// check checks that a list has one item, and one that was left out.
func check[T any](t *testing.T, name string, key projection.Key) func(readmodel.Page[T], error) {
	return func(page readmodel.Page[T], err error) {
		t.Helper()
		if err != nil || len(page.Items) != 1 || page.Unreadable != 1 {
			t.Fatalf("%s: %+v, %v", name, page, err)
		}
		if d := gocmp.Diff([]readmodel.LeftOut{{Key: key, Why: "*money.InvalidError"}}, page.LeftOut); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// write writes a row past its projection.
func (w *world) write(t *testing.T, model string, row projection.Write) {
	t.Helper()
	seen := projection.CheckpointUpdate{Stream: es.StreamID{Type: "None", ID: row.Key.Partition + row.Key.Sort}, Next: projection.Checkpoint{Version: 1}}
	if err := w.models.View(model).Save(t.Context(), 1, []projection.CheckpointUpdate{seen}, []projection.Write{row}); err != nil {
		t.Fatal(err)
	}
}
