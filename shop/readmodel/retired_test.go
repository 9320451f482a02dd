package readmodel_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
)

// keep stores events from the golden files of an aggregate.
func (w *world) keep(t *testing.T, stream es.StreamID, files ...string) {
	t.Helper()
	head := w.store.Empty(stream)
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join("..", strings.ToLower(stream.Type), "testdata", "golden", file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		name, rest, _ := strings.Cut(file, ".v")
		event := es.RawEvent{Type: name, Schema: int(rest[0] - '0'), Data: data}
		stored, err := w.store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: []es.RawEvent{event}}}})
		if err != nil {
			t.Fatal(err)
		}
		head = stored[0].Head
	}
	w.streams = append(w.streams, stream)
}

// TestRetiredCurrency: accounts, orders and products in a retired currency can be loaded, are in every read model, and
// can be rebuilt.
func TestRetiredCurrency(t *testing.T) {
	t.Parallel()
	const retired = ".retired-currency"
	w := newWorld(t)
	w.keep(t, account.Aggregate.Stream("a"), "AccountOpened.v2"+retired, "MoneyDeposited.v1"+retired,
		"MoneyWithdrawn.v1"+retired)
	w.keep(t, product.Aggregate.Stream("tea"), "ProductListed.v1"+retired, "PriceChanged.v1"+retired)
	w.keep(t, order.Aggregate.Stream("o-1"), "OrderCreated.v1", "ItemAdded.v1"+retired, "OrderPlaced.v1"+retired,
		"PaymentReceived.v1"+retired)
	if a, err := w.accounts.Load(t.Context(), "a"); err != nil || a.State.Balance.String() != "72.00 ZZZ" {
		t.Errorf("account in a retired currency: %+v, %v, want 72.00 ZZZ", a.State, err)
	}
	if o, err := w.orders.Load(t.Context(), "o-1"); err != nil || o.State.Paid.String() != "15.00 ZZZ" ||
		o.State.Status != order.StatusPaid {
		t.Errorf("order in a retired currency: %+v, %v, want 15.00 ZZZ, paid", o.State, err)
	}
	w.project(t)
	w.wantRetired(t)
	rebuilder := projection.NewRebuilder(w.engine, w.store, projection.RebuildConfig{})
	for _, name := range []string{
		"accounts", "orders", "product-catalog", "product-counts",
	} {
		if _, _, err := rebuilder.Run(t.Context(), name, nil); err != nil {
			t.Errorf("rebuild %s: %v", name, err)
		}
	}
	w.wantRetired(t)
}

// wantRetired reads all read models that show money.
func (w *world) wantRetired(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	shows := func(what string, m money.Money, err error, want string) {
		t.Helper()
		if err != nil || m.String() != want {
			t.Errorf("%s: %s, %v, want %s", what, m, err, want)
		}
	}
	a, err := w.models.Account(ctx, "a")
	shows("the account", a.Balance, err, "72.00 ZZZ")
	statement, err := w.models.Statement(ctx, "a", pageOf{Limit: 10})
	if len(statement.Items) != 3 {
		t.Fatalf("statement: %+v, %v, want 3 items", statement, err)
	}
	shows("the statement", statement.Items[0].Amount, err, "-0.30 ZZZ")
	o, err := w.models.Order(ctx, "o-1")
	shows("the order", o.Total, err, "15.00 ZZZ")
	p, err := w.models.Product(ctx, "tea")
	shows("the product", p.UnitPrice, err, "5.50 ZZZ")
	s, err := w.models.Sales(ctx, "tea")
	// a counter may drop zeros
	if want := projection.Int(15); err != nil || !s.Revenue.Amount.Equal(want) || s.Revenue.Currency != "ZZZ" {
		t.Errorf("its sales: %+v, %v, want 15 ZZZ", s.Revenue, err)
	}
	top, err := w.models.TopSales(ctx, 10)
	if err != nil || len(top.Items) != 1 {
		t.Errorf("all sales: %+v, %v, want one product", top, err)
	}
}
