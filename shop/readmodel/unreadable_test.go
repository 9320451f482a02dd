package readmodel_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/readmodel"
)

// TestOneRowBreaksNoList: a row that can't be read is left out of its list and counted. Its key is logged, without its
// content.
func TestOneRowBreaksNoList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	create(t, w, w.products, "tea", func() ([]product.Event, error) { return product.List("tea", "Tea", usd("5")) })
	create(t, w, w.accounts, "a", func() ([]account.Event, error) { return account.Open("a", "Ada", "", usd("5")) })
	w.live(t, "1", "c", []order.Item{item("tea", 1, "5")})
	do(t, w.orders, "1", func(s order.State) ([]order.Event, error) { return s.SetShippingAddress(address) })
	do(t, w.orders, "1", order.State.Place)
	w.project(t)
	const secret = `{"t":"12.34 secret","b":"1 secret"}`
	all := pageOf{Limit: 10}
	a := account.Aggregate.Stream("a")
	movement := projection.AppendRow{Key: projection.AppendKey(a.String(), a, 1, 1), Row: json.RawMessage(secret)}
	if err := w.models.views["accounts"].Append(t.Context(), 1, movement); err != nil {
		t.Fatal(err)
	}
	check[readmodel.Movement](t, "statement", movement.Key)(w.models.Statement(t.Context(), "a", all))
	active := projection.Slot{Key: projection.Key{Partition: "active|3", Sort: "5|Order#x"}, Row: json.RawMessage(secret)}
	customers := projection.Slot{Key: projection.Key{Partition: "c", Sort: "5|Order#x"}, Row: json.RawMessage(secret)}
	seen := projection.CheckpointUpdate{
		Stream: order.Aggregate.Stream("x"),
		Next:   projection.Checkpoint{Version: 1, Slots: []projection.Slot{active, customers}},
	}
	if err := w.models.views["orders"].Save(t.Context(), 1, []projection.CheckpointUpdate{seen}, nil); err != nil {
		t.Fatal(err)
	}
	check[readmodel.OrderSummary](t, "customer's orders", customers.Key)(w.models.CustomerOrders(t.Context(), "c", all))
	check[readmodel.OrderSummary](t, "active orders", active.Key)(w.models.ActiveOrders(t.Context(), all))
}

// TestTopSalesFit: the answer has fewer products than requested if it would be too large.
func TestTopSalesFit(t *testing.T) {
	t.Parallel()
	all := map[string]map[string]projection.Number{}
	for i := range 1000 { // each in all currencies that there may be, of the largest sums that there can be
		counters := map[string]projection.Number{"orders": projection.Int(1), "units": projection.Int(1)}
		for c := range 170 {
			counters[fmt.Sprintf("revenue.X%02X", c)] = total(strings.Repeat("9", 38-len(fmt.Sprint(i)))+fmt.Sprint(i),
				"").Amount
		}
		all[fmt.Sprintf("%0128d", i)] = counters
	}
	top := readmodel.TopOf(all, 1000)
	text, err := json.Marshal(top)
	if err == nil {
		text, err = json.Marshal(string(text)) // as Lambda sends it: a string in JSON
	}
	const most = 5<<20 + 3000 // what a page takes, and what the items have around them
	if n := len(top.Items); err != nil || n == 0 || n == 1000 || len(text) > most {
		t.Errorf("top sales: %d products, %d bytes, %v; want as many as fit", n, len(text), err)
	}
	if n := len(readmodel.TopOf(all, 10).Items); n != 10 {
		t.Errorf("top 10 of all: %d", n)
	}
}

// check checks that a list has one item, and one that was left out.
func check[T any](t *testing.T, name string, key projection.Key) func(annals.Page[T], error) {
	return func(page annals.Page[T], err error) {
		t.Helper()
		if err != nil || len(page.Items) != 1 || page.Unreadable != 1 {
			t.Fatalf("%s: %+v, %v, want one item and one left out", name, page, err)
		}
		if d := gocmp.Diff([]annals.LeftOut{{Key: key, Why: "*money.InvalidError"}}, page.Omitted()); d != "" {
			t.Errorf("%s: what is left out (-want +got):\n%s", name, d)
		}
	}
}

// write writes a row without the projection.
func (w *world) write(t *testing.T, model string, row projection.Write) {
	t.Helper()
	seen := projection.CheckpointUpdate{
		Stream: es.StreamID{Type: "None", ID: row.Key.Partition + row.Key.Sort}, Next: projection.Checkpoint{Version: 1},
	}
	if err := w.models.views[model].Save(t.Context(), 1, []projection.CheckpointUpdate{seen}, []projection.Write{
		row,
	}); err != nil {
		t.Fatal(err)
	}
}
