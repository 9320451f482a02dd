package functions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/integration"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
)

// busOf is a bus that keeps what it accepts, by subject: "placed@4". fails tells whether it takes nothing now.
type busOf struct {
	mu       sync.Mutex
	accepted map[string][]string
	ids      map[string]string
	fails    func() error
}

func (b *busOf) Send(_ context.Context, m publish.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails != nil {
		if err := b.fails(); err != nil {
			return &publish.UnavailableError{Err: err}
		}
	}
	var e publish.CloudEvent
	if err := json.Unmarshal(m.Detail, &e); err != nil {
		return err
	}
	what := strings.TrimSuffix(strings.TrimPrefix(e.Type, "org.annals."), ".v1") + "@" + strings.TrimLeft(e.Sequence, "0")
	if id, there := b.ids[e.ID]; there && id != e.Subject+what {
		return fmt.Errorf("%s %s has the id of %s", e.Subject, what, id)
	}
	b.ids[e.ID] = e.Subject + what
	b.accepted[e.Subject] = append(b.accepted[e.Subject], what)
	return nil
}

// of is what was accepted of a subject; what is a repetition stands in brackets.
func (b *busOf) of(subject string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := map[string]bool{}
	var all []string
	for _, what := range b.accepted[subject] {
		if seen[what] {
			what = "(" + what + ")"
		}
		seen[what] = true
		all = append(all, what)
	}
	return strings.Join(all, " ")
}

// first is what was accepted of a subject, without repetitions.
func (b *busOf) first(subject string) string {
	var all []string
	for what := range strings.FieldsSeq(b.of(subject)) {
		if !strings.HasPrefix(what, "(") {
			all = append(all, what)
		}
	}
	return strings.Join(all, " ")
}

// withBus gives the service a bus, and what its reactor needs.
func (s *service) withBus(t *testing.T) (*busOf, *messages) {
	t.Helper()
	s.withReactions(t)
	jobs := &messages{}
	b := &busOf{accepted: map[string][]string{}, ids: map[string]string{}}
	s.Tables[annalsaws.Publisher.Name] = dynamotest.Table(t, s.client, annalsaws.Publisher.Table)
	s.Bus, s.EventSource, s.ReactionJobs = b, "/annals/Test", jobs
	return b, jobs
}

// reactor is a process of the reactor function.
func (s *service) reactor(t *testing.T) *annalslambda.Subscriber {
	t.Helper()
	reactor, err := s.Reactor()
	if err != nil {
		t.Fatal(err)
	}
	if err := reactor.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return reactor
}

// sell lists a product, and sells two of it.
func (s *service) sell(t *testing.T) {
	t.Helper()
	s.ok(t, "POST /accounts", opened)
	s.ok(t, "POST /products", listedP)
	s.ok(t, "POST /products/p/stock", `{"quantity":10}`)
	s.ok(t, "POST /orders", `{"orderId":"o","customerId":"c","items":[{"productId":"p","quantity":2,`+
		`"unitPrice":{"amount":"1.00","currency":"USD"}}]}`)
	s.ok(t, "PUT /orders/o/shipping-address", `{"recipient":"A","line1":"1","city":"L","country":"UK"}`)
	s.ok(t, "POST /orders/o/place", "")
	s.ok(t, "POST /orders/o/payments", `{"paymentId":"x","amount":{"amount":"2.00","currency":"USD"}}`)
}

// sold is what is published of that.
var sold = map[string]string{
	"Account#a-1": "account.opened@1", "Product#p": "product.listed@1 product.stock-received@2",
	"Order#o": "order.placed@4 order.payment-received@5",
}

func (b *busOf) wantSold(t *testing.T) {
	t.Helper()
	for subject, want := range sold {
		if got := b.of(subject); got != want {
			t.Errorf("%s: published %s, want %s", subject, got, want)
		}
	}
	if len(b.accepted) != len(sold) {
		t.Errorf("streams published: %v, want all that were sold", b.accepted)
	}
}

// TestPublisher: what is public gets out, once and in order, however often it is delivered.
func TestPublisher(t *testing.T) {
	t.Parallel()
	s := newService(t)
	b, _ := s.withBus(t)
	s.projector = s.reactor(t)
	s.sell(t)
	for range 3 {
		s.project(t)
	}
	b.wantSold(t)
}

// TestBusOutOfOrder: a bus that fails stops no reaction and fails no batch, and when it is mended, nothing is missing.
func TestBusOutOfOrder(t *testing.T) {
	t.Parallel()
	s := newService(t)
	b, jobs := s.withBus(t)
	s.projector = s.reactor(t)
	s.ok(t, "POST /products", `{"productId":"old","name":"Old","unitPrice":{"amount":"1.00","currency":"USD"}}`)
	s.project(t)
	b.fails = func() error { return errors.New("out of order") }
	s.sell(t)
	s.project(t)
	if trail := s.ok(t, "GET /streams/Product/p", "").Body; !strings.Contains(trail, "StockReserved") {
		t.Errorf("audit trail of the product: %s, want a reservation in it", trail)
	}
	for range 2 { // each time, what can't be done now is left for later
		batch := jobs.batch(t)
		if len(batch.Records) != 3 {
			t.Fatalf("jobs: %+v, want 3", batch)
		}
		if out, err := s.projector.HandleJobs(t.Context(), batch); err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("publish from the queue: %+v, %v, want no failed items", out, err)
		}
	}
	waiting := 0
	for _, w := range s.waiting(t, publish.Name) {
		text := "out of order"
		if w.Stream.Type == account.Aggregate.StreamType { // the event has personal data
			text = "*errors.errorString: the text is not kept"
		}
		if waiting++; w.Reason != projection.Unavailable || !strings.Contains(w.Error, text) {
			t.Errorf("waiting checkpoint: %+v, want Unavailable with the text %q", w, text)
		}
	}
	b.mu.Lock()
	b.fails = nil
	b.mu.Unlock()
	if out, err := s.projector.HandleJobs(t.Context(), jobs.batch(t)); err != nil || len(out.BatchItemFailures) > 0 ||
		waiting != 3 {
		t.Fatalf("handle the jobs: %+v, %v, %d waiting; want no failed items and 3 waiting", out, err, waiting)
	}
	delete(b.accepted, "Product#old")
	b.wantSold(t)
	if jobs := jobs.batch(t); len(jobs.Records) > 0 {
		t.Errorf("jobs: %+v, want none", jobs)
	}
}

// TestPublishedUnderFaults: processes that end at any point, deliveries that come twice, in any order and at once, and
// a bus that often fails lose nothing, and swap nothing. Repetitions are all that they may cause.
func TestPublishedUnderFaults(t *testing.T) {
	t.Parallel()
	s := newService(t)
	b, jobs := s.withBus(t)
	s.projector = s.reactor(t)
	s.sell(t)
	s.ok(t, "POST /orders/o/shipments", `{"trackingNumber":"T"}`)
	s.ok(t, "POST /orders/o/delivery", "")
	for i := range 10 {
		s.ok(t, "POST /products/p/stock", fmt.Sprintf(`{"quantity":%d}`, 1+i))
		s.ok(t, "POST /products/p/price", fmt.Sprintf(`{"unitPrice":{"amount":"%d.00","currency":"USD"}}`, 1+i))
	}
	b.fails = func() error {
		if rand.IntN(4) == 0 {
			return errors.New("throttled")
		}
		return nil
	}
	records := s.records(t)
	var processes sync.WaitGroup
	for range 8 {
		reactor := s.reactor(t)
		ctx, kill := context.WithCancel(t.Context())
		shuffled := append(append([]record{}, records...), records...)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		processes.Go(func() {
			defer kill()
			for len(shuffled) > 0 {
				n := min(len(shuffled), 1+rand.IntN(10))
				if rand.IntN(5) == 0 {
					kill()
				}
				_, _ = reactor.Handle(ctx, batchOf(t, shuffled[:n]...)) // what fails, another process does
				shuffled = shuffled[n:]
			}
		})
	}
	processes.Wait()
	b.fails = nil
	s.projector = s.reactor(t)
	s.project(t) // whatever failed is delivered again
	for {
		batch := jobs.batch(t)
		if len(batch.Records) == 0 {
			break
		}
		for i := range batch.Records {
			batch.Records[i].MessageId = fmt.Sprint(i)
		}
		if out, err := s.projector.HandleJobs(t.Context(), batch); err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("publish from the queue: %+v, %v, want no failed items", out, err)
		}
	}
	want := map[string]string{}
	for subject := range sold {
		want[subject] = s.public(t, subject)
	}
	for subject, want := range want {
		if got := b.first(subject); got != want {
			t.Errorf("%s: published %s\nwant %s", subject, got, want)
		}
	}
	t.Logf("Product#p: %s", b.of("Product#p"))
}

// decoders are those of all aggregates with public events, by stream type.
var decoders = map[string]es.Decoder{
	account.Aggregate.StreamType: account.Aggregate.Events,
	order.Aggregate.StreamType:   order.Aggregate.Events,
	product.Aggregate.StreamType: product.Aggregate.Events,
}

// dataOf is what an event says outside, nil if it is private.
func dataOf(id string, event any) (publish.Data, error) {
	switch e := event.(type) {
	case account.Event:
		return integration.OfAccount(id, e)
	case order.Event:
		return integration.OfOrder(id, e)
	case product.Event:
		return integration.OfProduct(id, e)
	}
	return nil, fmt.Errorf("%T is an event of no aggregate", event)
}

// public is what is to be published of a stream.
func (s *service) public(t *testing.T, subject string) string {
	t.Helper()
	stream, err := es.ParseStreamID(subject)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for c, err := range s.events(t).Read(t.Context(), stream, es.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.Events {
			err := decoders[stream.Type].DecodeAny(&c, i, func(event any) error {
				data, err := dataOf(stream.ID, event)
				if data != nil {
					all = append(all, fmt.Sprintf("%s@%d", strings.TrimSuffix(data.Type(), ".v1"), c.Version+int64(i)))
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return strings.Join(all, " ")
}

// TestRepublish: an operator can have a stream's events sent again, with the same ids.
func TestRepublish(t *testing.T) {
	t.Parallel()
	s := newService(t)
	b, _ := s.withBus(t)
	s.projector = s.reactor(t)
	s.sell(t)
	s.project(t)
	republish := func(stream string, from int64) (int, error) {
		out := asked(t, s.projector, ask.Request{Task: ask.Republish, Stream: stream, Version: from})
		if out.Error != nil {
			return 0, out.Error
		}
		return out.Events, nil
	}
	n, err := republish("Order#o", 5)
	if got := b.of("Order#o"); err != nil || n != 1 ||
		got != "order.placed@4 order.payment-received@5 (order.payment-received@5)" {
		t.Errorf("republish Order#o from its third event: sent %d, %v; sent events are %s", n, err, got)
	}
	if n, err = republish("Order#o", 1); err != nil || n != 5 || len(b.accepted["Order#o"]) != 5 {
		t.Errorf("republish Order#o from version 1: sent %d, %v, want 5; sent events are %s", n, err, b.of("Order#o"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second) // under the margin
	defer cancel()
	if out := askedWithin(ctx, t, s.projector, ask.Request{
		Task: ask.Republish, Stream: "Order#o", Version: 2,
	}); out.Error != nil || out.Next != 2 {
		t.Errorf("republish until the deadline: %+v, want version 2 as the next", out)
	}
	b.fails = func() error { return errors.New("out of order") }
	if _, err = republish("Order#o", 1); err == nil || !strings.Contains(err.Error(), "Order#o@4: ") {
		t.Error(err)
	}
	if _, err = republish("Email#o", 1); err == nil {
		t.Error("e-mail reservations are published")
	}
	s.Bus = nil
	s.projector = s.reactor(t)
	if _, err = republish("Order#o", 1); err == nil || !strings.Contains(err.Error(), "EVENT_BUS_ARN") {
		t.Error(err)
	}
}
