package readmodel

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/shop/order"
)

// deployment is one version of the code on the tables that all of them share.
type deployment struct {
	reading
	engine    *projection.Engine
	rebuilder *projection.Rebuilder
}

// site is an event store and the tables of one read model, on which several versions of the code run in turn.
type site struct {
	store  *memstore.Store
	orders *es.Repository[order.State, order.Event]
	names  map[string]string
	queue  jobs
	starts []projection.Stage
	later  time.Duration // of the readers' clock
}

func (s *site) clock() time.Time { return time.Now().Add(s.later) }

// Start implements [projection.Starter]. The test runs the work itself.
func (s *site) Start(_ context.Context, _ string, stage projection.Stage) error {
	s.starts = append(s.starts, stage)
	return nil
}

// jobs is a queue. The test runs its jobs itself.
type jobs []projection.Job

func (q *jobs) Enqueue(_ context.Context, _ time.Duration, all ...projection.Job) error {
	*q = append(*q, all...)
	return nil
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{store: memstore.New(memstore.Config{}), names: map[string]string{}}
	s.orders = es.NewRepository(es.NewExecutor(s.store, es.ExecutorConfig{}), order.Aggregate, es.RepositoryConfig{})
	client := dynamotest.Client(t)
	s.names["orders"] = dynamotest.Table(t, client, dynamoview.IndexedReadTable)
	s.names["projections"] = dynamotest.Table(t, client, dynamoview.ReadTable)
	return s
}

func (s *site) deploy(t *testing.T, code string, m projection.Subscription) *deployment {
	t.Helper()
	d := &deployment{reading: read(m, s.store, dynamotest.Client(t), s.names, s.clock)}
	d.engine = projection.NewEngine(s.store, d.catalog, projection.Config{CodeVersion: func() string {
		return code
	}, Queue: &s.queue, Starter: s}, d.subscription)
	d.rebuilder = projection.NewRebuilder(d.engine, s.store, projection.RebuildConfig{})
	return d
}

// Order is an order by its document.
func (d *deployment) Order(ctx context.Context, id string) (OrderSummary, error) {
	session, err := d.Open(ctx, "orders")
	if err != nil {
		return OrderSummary{}, err
	}
	found, err := Orders.Document(ctx, session, order.Aggregate.Stream(id))
	if err != nil {
		return OrderSummary{}, err
	}
	return OrderOf(id, &found.Data), nil
}

// create creates an order and projects it.
func (s *site) create(t *testing.T, d *deployment, id string) {
	t.Helper()
	_, err := s.orders.Create(t.Context(), id, es.Command{}, func() ([]order.Event, error) {
		return order.Create(id, "ada", nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	for c, err := range s.store.Read(t.Context(), order.Aggregate.Stream(id), es.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		if failed := d.engine.Apply(t.Context(), []es.Commit{c}); len(failed) > 0 {
			t.Fatal(failed)
		}
	}
}

// work does everything that was started, and all queued jobs.
func (s *site) work(t *testing.T, d *deployment) {
	t.Helper()
	for _, stage := range s.starts {
		if stage.Tidy || stage.Generation > 0 { // not yet, or nothing to fill
			continue
		}
		if _, _, err := d.rebuilder.Run(t.Context(), stage.Projection, nil); err != nil {
			t.Fatal(err)
		}
	}
	s.starts = nil
	for len(s.queue) > 0 {
		j := s.queue[0]
		s.queue = s.queue[1:]
		if err := d.rebuilder.Do(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
}

// early is an earlier fold of order summaries, which has only customers, under another JSON name.
type early struct {
	Buyer string `json:"buyer"`
}

var earlyOrders = projection.New("orders", 1, projection.From(order.Aggregate,
	projection.On(func(s *early, e projection.Event[order.OrderCreated], _ *projection.Writes) error {
		s.Buyer = e.Data.CustomerID
		return nil
	}),
), projection.Upgrade(upgraded))

var laterOrders = projection.New("orders", 2, projection.From(order.Aggregate,
	projection.On(func(d *OrderDocument, e projection.Event[order.OrderCreated], _ *projection.Writes) error {
		d.Customer, d.Version = e.Data.CustomerID, e.Version
		return nil
	}),
))

var errRow = errors.New("no such row")

// upgraded makes a document of earlyOrders one of laterOrders.
func upgraded(row json.RawMessage) (json.RawMessage, error) {
	var old early
	if err := json.Unmarshal(row, &old); err != nil || old.Buyer == "" {
		return nil, errRow
	}
	return json.Marshal(OrderRow{Customer: old.Buyer})
}

// TestNewFold: code with a newer fold reads the older fold's rows with its decoder until its own rows serve, which it
// starts to build. Code without the serving fold does not start.
func TestNewFold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.create(t, s.deploy(t, "1", projection.Subscription{Projection: earlyOrders}), "o-1")
	newer := projection.Subscription{Projection: laterOrders, Former: []projection.Projection{earlyOrders}}
	d := s.deploy(t, "2", newer)
	if err := d.engine.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.create(t, d, "o-2")
	for _, id := range []string{"o-1", "o-2"} {
		if row, err := d.Order(t.Context(), id); err != nil || row.CustomerID != "ada" || row.Version != 0 {
			t.Errorf("%s before the swap: %+v, %v", id, row, err)
		}
	}
	s.work(t, d)
	d = s.deploy(t, "2", newer) // which has nothing in memory
	if row, err := d.Order(t.Context(), "o-1"); err != nil || row.Version != 0 {
		t.Errorf("read just after the swap, by a process that has not heard of it: %+v, %v", row, err)
	}
	s.later = projection.RecordCacheAge
	for _, id := range []string{"o-1", "o-2"} {
		if row, err := d.Order(t.Context(), id); err != nil || row.CustomerID != "ada" || row.Version != 1 {
			t.Errorf("%s after the swap: %+v, %v", id, row, err)
		}
	}
	old := s.deploy(t, "1", projection.Subscription{Projection: earlyOrders})
	var unknown *projection.UnknownFoldError
	if err := old.Check(t.Context()); !errors.As(err, &unknown) || unknown.Fold != 2 {
		t.Errorf("check a reader without the fold: %v, want UnknownFoldError of fold 2", err)
	}
	if err := old.engine.Start(t.Context()); !errors.As(err, &unknown) {
		t.Errorf("start a projector without the fold: %v, want UnknownFoldError", err)
	}
}

// TestPoisonOrder: an order that the summary can't fold is parked alone. The mended code catches it up without being
// asked.
func TestPoisonOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var flawed atomic.Bool
	flawed.Store(true)
	m := projection.Subscription{Projection: projection.New("orders", 1, projection.From(order.Aggregate,
		projection.On(func(d *OrderDocument, e projection.Event[order.OrderCreated], _ *projection.Writes) error {
			if flawed.Load() && e.Stream.ID == "poison" {
				return errRow
			}
			d.Customer = e.Data.CustomerID
			return nil
		}),
	))}
	d := s.deploy(t, "1", m)
	for _, id := range []string{"o-1", "poison", "o-2"} {
		s.create(t, d, id)
	}
	for _, id := range []string{"o-1", "o-2"} {
		if _, err := d.Order(t.Context(), id); err != nil {
			t.Errorf("read order %s: %v", id, err)
		}
	}
	if _, err := d.Order(t.Context(), "poison"); !errors.As(err, new(*es.NotFoundError)) {
		t.Errorf("document of the poison: %v, want NotFoundError", err)
	}
	if n, err := d.engine.Retry(t.Context()); err != nil || n != 1 {
		t.Errorf("retry parked streams: %d, %v, want 1", n, err)
	}
	flawed.Store(false)
	s.queue = nil
	mended := s.deploy(t, "2", m)
	if err := mended.engine.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.work(t, mended)
	if row, err := mended.Order(t.Context(), "poison"); err != nil || row.OrderID != "poison" {
		t.Errorf("document of the poison by newer code: %+v, %v", row, err)
	}
	for w, err := range mended.engine.Parked(t.Context()) {
		t.Errorf("the stream is still parked: %+v, %v", w, err)
	}
}
