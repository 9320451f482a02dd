package readmodel_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/readmodel"
)

func usd(amount string) money.Money { return money.Must(money.New(amount, "USD")) }

func count(n int64) readmodel.Count { return readmodel.Count{Number: projection.Int(n)} }

func total(amount, currency string) readmodel.Total {
	n, err := projection.Decimal(amount)
	if err != nil {
		panic(err)
	}
	return readmodel.Total{Amount: n, Currency: currency}
}

// world is a store with its read models.
type world struct {
	store    *personal.Store
	models   *models
	engine   *projection.Engine
	accounts *es.Repository[account.State, account.Event]
	orders   *es.Repository[order.State, order.Event]
	products *es.Repository[product.State, product.Event]
	now      time.Time
	streams  []es.StreamID
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := newStore()
	w.models, w.engine = newModels(t, w.store)
	return w
}

// byAnn is a command of Ann, who owns the streams that it creates.
var byAnn = es.Command{Meta: es.Meta{Actor: "ann"}}

// sealing returns a store in memory that encrypts personal data.
func sealing(cfg memstore.Config) *personal.Store {
	store, err := personal.NewStore(memstore.New(cfg), memkeys.New())
	if err != nil {
		panic(err) // the configuration is valid
	}
	return store
}

// newStore returns a world without read models.
func newStore() *world {
	w := &world{now: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)}
	w.store = sealing(memstore.Config{Now: func() time.Time { w.now = w.now.Add(time.Second); return w.now }})
	x := es.NewExecutor(w.store, es.ExecutorConfig{})
	w.accounts = es.NewRepository(x, account.Aggregate, es.RepositoryConfig{})
	w.orders = es.NewRepository(x, order.Aggregate, es.RepositoryConfig{})
	w.products = es.NewRepository(x, product.Aggregate, es.RepositoryConfig{})
	return w
}

// create creates an aggregate, and do changes one. A violation of a rule is not an error.
func create[S, E any](t *testing.T, w *world, repo *es.Repository[S, E], id string, decide func() ([]E, error)) {
	t.Helper()
	r, err := repo.Create(t.Context(), id, byAnn, decide)
	if err != nil {
		t.Fatal(err)
	}
	w.streams = append(w.streams, r.Stream)
}

func do[S, E any](t *testing.T, repo *es.Repository[S, E], id string, decide func(S) ([]E, error)) {
	t.Helper()
	if _, err := repo.Execute(t.Context(), id, byAnn, decide); err != nil {
		t.Fatal(err)
	}
}

func (w *world) commits(t *testing.T) []es.Commit {
	t.Helper()
	var all []es.Commit
	for _, s := range w.streams {
		for c, err := range w.store.Read(t.Context(), s, es.Range{}) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b es.Commit) int { return a.At.Compare(b.At) })
	return all
}

func (w *world) project(t *testing.T) {
	t.Helper()
	if failed := w.engine.Apply(t.Context(), w.commits(t)); len(failed) > 0 {
		t.Fatal(failed)
	}
}

var address = order.Address{Recipient: "Ann", Line1: "1 Way", City: "Reims", Country: "France"}

func item(productID string, quantity int, price string) order.Item {
	return order.Item{ProductID: productID, Quantity: quantity, UnitPrice: usd(price)}
}

// live makes an order and takes it through steps.
func (w *world) live(
	t *testing.T, id, customer string, items []order.Item, steps ...func(order.State) ([]order.Event, error),
) {
	t.Helper()
	create(t, w, w.orders, id, func() ([]order.Event, error) { return order.Create(id, customer, items) })
	for _, step := range steps {
		do(t, w.orders, id, step)
	}
}

func place(t *testing.T, w *world, id string) {
	t.Helper()
	do(t, w.orders, id, func(s order.State) ([]order.Event, error) { return s.SetShippingAddress(address) })
	do(t, w.orders, id, order.State.Place)
}

func pay(amount string) func(order.State) ([]order.Event, error) {
	return func(s order.State) ([]order.Event, error) {
		return s.ReceivePayment(fmt.Sprint("p", len(s.Payments)), usd(amount))
	}
}

func ship(s order.State) ([]order.Event, error) { return s.Ship("T-1") }

// got fails the test on an error.
func got[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestProducts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	create(t, w, w.products, "tea", func() ([]product.Event, error) { return product.List("tea", "Tea", usd("4.50")) })
	create(t, w, w.products, "jam", func() ([]product.Event, error) { return product.List("jam", "Jam", usd("3.00")) })
	do(t, w.products, "tea", func(s product.State) ([]product.Event, error) { return s.ReceiveStock(100) })
	do(t, w.products, "tea", func(s product.State) ([]product.Event, error) { return s.ChangePrice(usd("5.00")) })
	// The same product on two lines is one order; the euro is another currency; cake was never listed.
	w.live(t, "1", "c", []order.Item{item("tea", 2, "4.50"), item("tea", 3, "4.00"), item("cake", 1, "0.10")})
	place(t, w, "1")
	do(t, w.orders, "1", pay("21.10"))
	do(t, w.orders, "1", ship)
	w.live(t, "2", "c", []order.Item{{ProductID: "tea", Quantity: 1, UnitPrice: money.Must(money.New("7.00", "EUR"))}})
	place(t, w, "2")
	w.live(t, "3", "c", []order.Item{item("tea", 10, "1.00")})
	place(t, w, "3")
	do(t, w.orders, "3", order.State.Cancel)
	for _, step := range []func(product.State) ([]product.Event, error){ // reservations count for nothing here
		func(s product.State) ([]product.Event, error) { return s.Reserve("1", 5) },
		func(s product.State) ([]product.Event, error) { return s.Fulfill("1"), nil },
		func(s product.State) ([]product.Event, error) { return s.Reserve("3", 10) },
		func(s product.State) ([]product.Event, error) { return s.Release("3"), nil },
		func(s product.State) ([]product.Event, error) { return s.Reserve("2", 1) },
	} {
		do(t, w.products, "tea", step)
	}
	w.live(t, "4", "c", []order.Item{item("tea", 50, "1.00")}) // a draft, cancelled: it was never ordered
	do(t, w.orders, "4", order.State.Cancel)
	w.project(t)

	sales := got[readmodel.ProductSales](t)
	if diff := gocmp.Diff(readmodel.ProductSales{
		ProductID: "tea", Orders: count(3), Units: count(16), Revenue: total("31.00", "USD"),
		OtherRevenue: []readmodel.Total{total("7.00", "EUR")},
	}, sales(w.models.Sales(t.Context(), "tea"))); diff != "" {
		t.Errorf("sales of tea (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff(readmodel.ProductSales{ProductID: "jam", Revenue: total("0.00", "USD")},
		sales(w.models.Sales(t.Context(), "jam"))); diff != "" {
		t.Errorf("sales of jam (-want +got):\n%s", diff)
	}
	top := got[salesPage](t)(w.models.TopSales(t.Context(), 10)).Items
	if len(top) != 2 || top[0].ProductID != "tea" || !top[1].Revenue.Amount.Equal(total("0.10", "USD").Amount) {
		t.Errorf("top sales: %+v, want tea, and then 0.10 USD", top)
	}
	inventory := got[readmodel.Inventory](t)
	for _, want := range []readmodel.Inventory{
		{
			ProductID: "tea",
			Received:  count(100),
			Ordered:   count(6),
			Shipped:   count(5),
			OnHand:    count(95),
			Available: count(94),
		},
		{ProductID: "jam"},
		{ProductID: "cake", Ordered: count(1), Shipped: count(1), OnHand: count(-1), Available: count(-1)},
	} {
		if diff := gocmp.Diff(want, inventory(w.models.Inventory(t.Context(), want.ProductID))); diff != "" {
			t.Errorf("inventory (-want +got):\n%s", diff)
		}
	}
	tea := got[readmodel.Product](t)(w.models.Product(t.Context(), "tea"))
	if tea.UnitPrice != usd("5.00") || tea.Version != 8 || tea.Name != "Tea" || tea.ListedAt.IsZero() {
		t.Errorf("product tea: %+v, want version 8 at 5.00 USD", tea)
	}
	for name, ask := range map[string]func() error{
		"product":   func() error { _, err := w.models.Product(t.Context(), "x"); return err },
		"sales":     func() error { _, err := w.models.Sales(t.Context(), "x"); return err },
		"inventory": func() error { _, err := w.models.Inventory(t.Context(), "x"); return err },
		"order":     func() error { _, err := w.models.Order(t.Context(), "x"); return err },
		"account":   func() error { _, err := w.models.Account(t.Context(), "x"); return err },
		"statement": func() error {
			_, err := w.models.Statement(t.Context(), "x", pageOf{Limit: 1})
			return err
		},
	} {
		if err := ask(); !errors.As(err, new(*es.NotFoundError)) {
			t.Errorf("unknown %s: %v, want NotFoundError", name, err)
		}
	}
}

func TestOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paidInParts := []func(order.State) ([]order.Event, error){pay("4.00"), pay("6.00"), ship}
	w.live(t, "draft", "ann", []order.Item{item("tea", 2, "5.00")})
	w.live(t, "placed", "ann", []order.Item{item("tea", 2, "5.00")})
	place(t, w, "placed")
	w.live(t, "shipped", "bob", []order.Item{item("tea", 2, "5.00")})
	place(t, w, "shipped")
	for _, step := range paidInParts {
		do(t, w.orders, "shipped", step)
	}
	w.live(t, "delivered", "ann", []order.Item{item("tea", 2, "5.00")})
	place(t, w, "delivered")
	for _, step := range append(paidInParts, order.State.Deliver) {
		do(t, w.orders, "delivered", step)
	}
	w.live(t, "cancelled", "ann", []order.Item{item("tea", 2, "5.00")})
	place(t, w, "cancelled")
	do(t, w.orders, "cancelled", order.State.Cancel)
	w.project(t)

	ids := func(p orderPage) (out []string) {
		for _, o := range p.Items {
			out = append(out, o.OrderID)
		}
		return out
	}
	page := got[orderPage](t)
	if got := ids(page(w.models.ActiveOrders(t.Context(), pageOf{Limit: 10}))); !slices.Equal(got, []string{
		"placed", "shipped",
	}) {
		t.Errorf("active orders: %v, want placed and shipped", got)
	}
	first := page(w.models.CustomerOrders(t.Context(), "ann", pageOf{Limit: 3}))
	second := page(w.models.CustomerOrders(t.Context(), "ann", pageOf{Limit: 3, Cursor: first.Next}))
	if got := append(ids(first), ids(second)...); !slices.Equal(got, []string{
		"cancelled", "delivered", "placed", "draft",
	}) || second.Next != "" {
		t.Errorf("orders of ann: %v, want the four, latest first", got)
	}
	if none := page(w.models.CustomerOrders(t.Context(), "nobody", pageOf{Limit: 3})); len(none.Items) != 0 ||
		none.Items == nil {
		t.Errorf("orders of a customer without orders: %+v", none)
	}
	o := got[readmodel.OrderSummary](t)(w.models.Order(t.Context(), "delivered"))
	if o.Status != order.StatusDelivered || o.ItemCount != 2 || o.Total != usd("10.00") || o.TrackingNumber != "T-1" ||
		o.Version != 8 ||
		!slices.IsSortedFunc([]*time.Time{&o.CreatedAt, o.PlacedAt, o.PaidAt, o.ShippedAt, o.DeliveredAt},
			func(a, b *time.Time) int { return a.Compare(*b) }) {
		t.Errorf("delivered order: %+v", o)
	}
	if o.PaidAt.Sub(*o.PlacedAt) != 2*time.Second {
		t.Errorf("paid at %v, and not with the second payment", o.PaidAt)
	}
}

func TestOrdersWithoutStock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.live(t, "short", "ann", []order.Item{item("tea", 2, "5.00")})
	place(t, w, "short")
	for _, step := range []func(order.State) ([]order.Event, error){
		pay("10.00"), func(s order.State) ([]order.Event, error) { return s.FlagShort([]string{"tea"}), nil }, ship,
	} {
		do(t, w.orders, "short", step)
	}
	w.project(t)
	page := got[orderPage](t)
	one := got[readmodel.OrderSummary](t)(w.models.Order(t.Context(), "short"))
	if !slices.Equal(one.ShortOf, []string{"tea"}) || one.Status != order.StatusShipped || one.Version != 7 {
		t.Errorf("order short: %+v, want it shipped, short of tea", one)
	}
	for name, list := range map[string]orderPage{
		"active orders":   page(w.models.ActiveOrders(t.Context(), pageOf{Limit: 10})),
		"customer orders": page(w.models.CustomerOrders(t.Context(), "ann", pageOf{Limit: 10})),
	} {
		if diff := gocmp.Diff([]readmodel.OrderSummary{one}, list.Items); diff != "" {
			t.Errorf("%s: orders (-want +got):\n%s", name, diff)
		}
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	create(t, w, w.accounts, "a", func() ([]account.Event, error) { return account.Open("a", "Ann Lee", "", usd("5.00")) })
	do(t, w.accounts, "a", func(s account.State) ([]account.Event, error) { return s.Deposit(usd("1.50"), "tips") })
	do(t, w.accounts, "a", func(s account.State) ([]account.Event, error) { return s.Withdraw(usd("6.50"), "") })
	do(t, w.accounts, "a", account.State.Close)
	w.project(t)
	a := got[readmodel.Account](t)(w.models.Account(t.Context(), "a"))
	if a.Balance != usd("0.00") || a.Status != account.StatusClosed || a.ClosedAt == nil || a.OwnerName != "Ann Lee" ||
		a.Version != 4 {
		t.Errorf("account: %+v, want it closed, version 4, balance 0.00", a)
	}
	var movements []string
	var next pageOf
	for next.Limit = 2; ; {
		p := got[movementPage](t)(w.models.Statement(t.Context(), "a", next))
		for _, m := range p.Items {
			movements = append(movements, fmt.Sprintf("%d %s %s = %s %s", m.Version, m.Kind, m.Amount, m.Balance, m.Description))
		}
		if next.Cursor = p.Next; p.Next == "" {
			break
		}
	}
	if diff := gocmp.Diff([]string{
		"3 MoneyWithdrawn -6.50 USD = 0.00 USD ",
		"2 MoneyDeposited 1.50 USD = 6.50 USD tips",
		"1 AccountOpened 5.00 USD = 5.00 USD ",
	}, movements); diff != "" {
		t.Errorf("statement (-want +got):\n%s", diff)
	}
	if _, err := w.models.Statement(t.Context(), "a", pageOf{
		Limit: 2, Cursor: "x",
	}); !errors.Is(err, projection.ErrCursor) {
		t.Errorf("statement at a malformed cursor: %v, want ErrCursor", err)
	}
}

// TestAnyDelivery: random orders, delivered at random, and then each stream's last commit. Every answer is the same as
// after a plain delivery.
func TestAnyDelivery(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 7))
			w := newWorld(t)
			for i := range 3 {
				id := fmt.Sprint("product", i)
				create(t, w, w.products, id, func() ([]product.Event, error) { return product.List(id, id, usd("2.00")) })
			}
			for i := range 12 {
				w.randomOrder(t, rng, fmt.Sprint("order", i))
			}
			w.project(t)
			hostile, engine := newModels(t, w.store)
			history := w.commits(t)
			for range 25 {
				batch := make([]es.Commit, 1+rng.IntN(10))
				for i := range batch {
					batch[i] = history[rng.IntN(len(history))]
				}
				if failed := engine.Apply(t.Context(), batch); len(failed) > 0 {
					t.Fatal(failed)
				}
			}
			last := map[es.StreamID]es.Commit{}
			for _, c := range history {
				last[c.Stream] = c
			}
			for _, c := range last {
				engine.Apply(t.Context(), []es.Commit{c})
			}
			if diff := gocmp.Diff(answers(t, w.models), answers(t, hostile), gocmp.AllowUnexported(orderPage{})); diff != "" {
				t.Errorf("answers (-plain +hostile):\n%s", diff)
			}
			for _, sub := range w.models.Subscriptions {
				estest.Chaos(t, sub.Projection, w.store)
			}
		})
	}
}

// randomOrder takes random steps; the rules refuse some.
func (w *world) randomOrder(t *testing.T, rng *rand.Rand, id string) {
	t.Helper()
	w.live(t, id, fmt.Sprint("customer", rng.IntN(2)), nil)
	for range 4 + rng.IntN(12) {
		_, _ = w.orders.Execute(t.Context(), id, byAnn, []func(order.State) ([]order.Event, error){
			func(s order.State) ([]order.Event, error) {
				return s.AddItem(item(fmt.Sprint("product", rng.IntN(3)), 1+rng.IntN(5), fmt.Sprintf("%d.25", rng.IntN(3))))
			},
			func(s order.State) ([]order.Event, error) { return s.RemoveItem(fmt.Sprint("product", rng.IntN(3))) },
			func(s order.State) ([]order.Event, error) { return s.SetShippingAddress(address) },
			order.State.Place,
			func(s order.State) ([]order.Event, error) { return s.ReceivePayment("all", s.Total) },
			ship, order.State.Deliver, order.State.Cancel,
		}[min(rng.IntN(12), 7)])
	}
}

// answers sends every query.
func answers(t *testing.T, m *models) map[string]any {
	t.Helper()
	ctx, out := t.Context(), map[string]any{}
	all := pageOf{Limit: 100}
	for i := range 12 {
		out[fmt.Sprint("order", i)] = got[readmodel.OrderSummary](t)(m.Order(ctx, fmt.Sprint("order", i)))
	}
	page := got[orderPage](t)
	out["active"] = page(m.ActiveOrders(ctx, all))
	for i := range 2 {
		out[fmt.Sprint("customer", i)] = page(m.CustomerOrders(ctx, fmt.Sprint("customer", i), all))
	}
	for i := range 3 {
		id := fmt.Sprint("product", i)
		out[id] = got[readmodel.Product](t)(m.Product(ctx, id))
		out[id+" sales"] = got[readmodel.ProductSales](t)(m.Sales(ctx, id))
		out[id+" inventory"] = got[readmodel.Inventory](t)(m.Inventory(ctx, id))
	}
	top := got[salesPage](t)(m.TopSales(ctx, 10)).Items
	if !slices.IsSortedFunc(top, func(a, b readmodel.ProductSales) int {
		return b.Revenue.Amount.Cmp(a.Revenue.Amount)
	}) {
		t.Errorf("top sales are not in order: %+v", top)
	}
	out["top"] = top
	return out
}
