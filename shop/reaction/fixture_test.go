package reaction_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/reaction"
)

func usd(amount string) money.Money { return money.Must(money.New(amount, "USD")) }

func item(productID string, quantity int, price string) order.Item {
	return order.Item{ProductID: productID, Quantity: quantity, UnitPrice: usd(price)}
}

// world is the shop in memory, and the reaction on the same store, as in another process.
type world struct {
	store    *personal.Store
	Orders   *es.Repository[order.State, order.Event]
	Products *es.Repository[product.State, product.Event]
	reactor  *annals.Running
}

// everywhere runs a test without a state cache, and with one.
func everywhere(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for name, warm := range map[string]int{"cold": 0, "warm": 100} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, warm))
		})
	}
}

func newWorld(t *testing.T, warm int) *world {
	t.Helper()
	store, err := personal.NewStore(memstore.New(), memkeys.New())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{store: store}
	running := open(t, w.store, 0)
	w.Orders, w.Products = annals.RepositoryOf(running, order.Aggregate), annals.RepositoryOf(running, product.Aggregate)
	w.reactor = open(t, w.store, warm)
	return w
}

func open(t *testing.T, store es.Store, warm int) *annals.Running {
	t.Helper()
	// 20 attempts: more than the conflicts in any test here
	running, err := shop.New().On().Open(annals.Stores{Events: store}, annals.Config{
		StateCache: warm, Executor: es.ExecutorConfig{Attempts: 20},
	})
	if err != nil {
		t.Fatal(err)
	}
	return running
}

// stock lists a product with units in stock.
func (w *world) stock(t *testing.T, id string, units int) {
	t.Helper()
	if _, err := w.Products.Create(t.Context(), id, es.Command{}, func() ([]product.Event, error) {
		return product.List(id, id, usd("5"))
	}); err != nil {
		t.Fatal(err)
	}
	w.receive(t, id, units)
}

func (w *world) receive(t *testing.T, id string, units int) {
	t.Helper()
	_, err := w.Products.Execute(t.Context(), id, es.Command{}, func(s product.State) ([]product.Event, error) {
		return s.ReceiveStock(units)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// placed creates and places an order.
func (w *world) placed(t *testing.T, id string, items ...order.Item) {
	t.Helper()
	if _, err := w.Orders.Create(t.Context(), id, es.Command{}, func() ([]order.Event, error) {
		return order.Create(id, "c", nil)
	}); err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		w.do(t, id, func(s order.State) ([]order.Event, error) { return s.AddItem(i) })
	}
	w.do(t, id, func(s order.State) ([]order.Event, error) {
		return s.SetShippingAddress(order.Address{Recipient: "Ada", Line1: "1 Road", City: "Reims", Country: "France"})
	})
	w.do(t, id, order.State.Place)
}

// paid creates, places and pays an order.
func (w *world) paid(t *testing.T, id string, items ...order.Item) {
	t.Helper()
	w.placed(t, id, items...)
	w.do(t, id, func(s order.State) ([]order.Event, error) { return s.ReceivePayment("all", s.Total) })
}

func (w *world) do(t *testing.T, id string, decide func(order.State) ([]order.Event, error)) {
	t.Helper()
	if _, err := w.Orders.Execute(t.Context(), id, es.Command{}, decide); err != nil {
		t.Fatal(err)
	}
}

func ship(s order.State) ([]order.Event, error) { return s.Ship("T-1") }

// happened are the events of an order so far.
func (w *world) happened(t *testing.T, orderID string) []projection.Event[order.Event] {
	t.Helper()
	var out []projection.Event[order.Event]
	for c, err := range w.store.Read(t.Context(), order.Aggregate.Stream(orderID), es.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.Events {
			err := order.Aggregate.Events.Decode(&c, i, func(data order.Event) error {
				out = append(out, projection.Event[order.Event]{
					Stream: c.Stream, Version: c.Version + int64(i), At: c.At, OccurredAt: c.OccurredAt(), Meta: c.Meta, Data: data,
				})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

// last is the latest event of a type.
func last[E any](t *testing.T, w *world, orderID string) projection.Event[order.Event] {
	t.Helper()
	var found projection.Event[order.Event]
	for _, e := range w.happened(t, orderID) {
		if _, ok := e.Data.(E); ok {
			found = e
		}
	}
	if found.Data == nil {
		t.Fatalf("order %s has no %T", orderID, *new(E))
	}
	return found
}

// command is the command that an engine makes for the reaction to an event.
func command(e projection.Event[order.Event]) es.Command {
	cause := fmt.Sprintf("%s@%d", e.Stream, e.Version)
	return es.Command{
		Ref:  es.CommandRef{ID: "reserve-stock " + cause, Fingerprint: cause},
		Meta: es.Meta{CorrelationID: e.Meta.CorrelationID, CausationID: cause},
	}
}

func (w *world) react(ctx context.Context, e projection.Event[order.Event]) error {
	return w.reactTo(ctx, e, command(e))
}

func (w *world) reactTo(ctx context.Context, e projection.Event[order.Event], cmd es.Command) error {
	_, err := w.reactor.Decide(ctx, cmd, annals.Anyone, func(tx *annals.Tx) error { return reaction.ReserveStock(tx, e) })
	return err
}

// reacted runs the reaction to an event, and then again, which must store nothing.
func (w *world) reacted(t *testing.T, e projection.Event[order.Event]) {
	t.Helper()
	if err := w.react(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	w.unmoved(t, func() error { return w.react(t.Context(), e) })
}

// unmoved fails the test if do stores anything.
func (w *world) unmoved(t *testing.T, do func() error) {
	t.Helper()
	before := w.commits(t)
	if err := do(); err != nil {
		t.Fatal(err)
	}
	if after := w.commits(t); after != before {
		t.Errorf("%d commits were stored, want none", after-before)
	}
}

func (w *world) commits(t *testing.T) int {
	t.Helper()
	n := 0
	for page, err := range w.store.Scan(t.Context(), es.Segment{Of: 1, Consistent: true}) {
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Commits)
	}
	return n
}

func (w *world) product(t *testing.T, id string) product.State {
	t.Helper()
	p, err := w.Products.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p.State
}

func (w *world) order(t *testing.T, id string) order.State {
	t.Helper()
	o, err := w.Orders.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return o.State
}

// meddling is a store that runs a function before each append, or whose products can't be read.
type meddling struct {
	*personal.Store
	beforeAppend func()
	unreadable   error
}

func (m *meddling) Append(ctx context.Context, a es.Append) ([]es.Stored, error) {
	m.beforeAppend()
	return m.Store.Append(ctx, a)
}

func (m *meddling) Load(ctx context.Context, after es.Head, visit func(*es.Commit) error) (es.Head, error) {
	if m.unreadable != nil && after.Stream().Type == product.Aggregate.StreamType {
		return es.Head{}, m.unreadable
	}
	return m.Store.Load(ctx, after, visit)
}
