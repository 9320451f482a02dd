package functions_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
)

// messages is a queue whose messages are looked at.
type messages struct {
	mu  sync.Mutex
	all []projection.Job
}

func (m *messages) Enqueue(_ context.Context, _ time.Duration, jobs ...projection.Job) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = append(m.all, jobs...)
	return nil
}

// batch takes all messages, as Lambda delivers them.
func (m *messages) batch(t *testing.T) events.SQSEvent {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	var batch events.SQSEvent
	for i, job := range m.all {
		body, err := json.Marshal(job)
		if err != nil {
			t.Fatal(err)
		}
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: string(rune('a' + i)), Body: string(body)})
	}
	m.all = nil
	return batch
}

// withReactions gives the service what its reactor needs.
func (s *service) withReactions(t *testing.T) *messages {
	t.Helper()
	s.Tables[reserveStock.Name] = dynamotest.Table(t, s.client, reserveStock.Table)
	queue := &messages{}
	s.CatchUps, s.ReactionJobs = queue, &messages{}
	return queue
}

// TestJobs: a job brings a stream level that nothing was delivered of; one that can't be done is reported, and the others
// are done.
func TestJobs(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	queue := &messages{}
	if err := queue.Enqueue(t.Context(), 0, projection.Job{Task: projection.CatchUp, Stream: es.StreamID{Type: "Account", ID: "a-1"}}); err != nil {
		t.Fatal(err)
	}
	batch := queue.batch(t)
	batch.Records = append(batch.Records,
		events.SQSMessage{MessageId: "malformed", Body: `{"task":"` + secret}, events.SQSMessage{MessageId: "unknown", Body: `{"task":"dance"}`})
	out, err := s.projector.HandleJobs(t.Context(), batch)
	if err != nil || len(out.BatchItemFailures) != 2 {
		t.Errorf("%+v, %v", out, err)
	}
	for _, failed := range out.BatchItemFailures {
		if failed.ItemIdentifier != "malformed" && failed.ItemIdentifier != "unknown" {
			t.Errorf("failed: %s", failed.ItemIdentifier)
		}
	}
	s.query(t, "GET /accounts/a-1", `{"version":1}`)
	if log := s.log.String(); !strings.Contains(log, `unknown task \"dance\"`) || strings.Contains(log, secret) {
		t.Errorf("logged %s", log)
	}
	if out, err := s.projector.HandleJobs(t.Context(), events.SQSEvent{}); err != nil || len(out.BatchItemFailures) != 0 {
		t.Errorf("an empty batch: %+v, %v", out, err)
	}
}

// TestReactor: a paid order reserves stock, once, however often it is delivered.
func TestReactor(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.withReactions(t)
	reactor, err := s.Reactor()
	if err != nil {
		t.Fatal(err)
	}
	if err := reactor.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.projector = reactor
	s.ok(t, "POST /products", listedP)
	s.ok(t, "POST /products/p/stock", `{"quantity":10}`)
	s.ok(t, "POST /orders", `{"orderId":"o","customerId":"c","items":[{"productId":"p","quantity":2,"unitPrice":{"amount":"1.00","currency":"USD"}}]}`)
	s.ok(t, "PUT /orders/o/shipping-address", `{"recipient":"A","line1":"1","city":"L","country":"UK"}`)
	s.ok(t, "POST /orders/o/place", "")
	s.ok(t, "POST /orders/o/payments", `{"paymentId":"x","amount":{"amount":"2.00","currency":"USD"}}`)
	for range 2 {
		s.project(t)
	}
	var reserved []string
	for c, err := range s.events(t).Read(t.Context(), es.StreamID{Type: "Product", ID: "p"}, es.Range{From: 3}) {
		if err != nil {
			t.Fatal(err)
		}
		reserved = append(reserved, c.Events[0].Type+string(c.Events[0].Data)+" by "+c.Meta.Actor)
	}
	if got := strings.Join(reserved, ", "); got != `StockReserved{"orderId":"o","quantity":2} by reactor/reserve-stock` {
		t.Errorf("reserved: %s", got)
	}
}

// TestOperator: who runs the service sees what waits in read models and reactions, and tries it again.
func TestOperator(t *testing.T) {
	t.Parallel()
	s := newService(t)
	queue := s.withReactions(t)
	projector, err := s.Projector()
	if err != nil {
		t.Fatal(err)
	}
	s.projector = projector
	s.ok(t, "POST /accounts", opened)
	s.strange(t, "x", `{}`)
	s.project(t)
	o, err := s.Operator(projection.RebuildConfig{})
	if err != nil {
		t.Fatal(err)
	}
	waits := map[string]bool{}
	for w, err := range o.Parked(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		waits[w.Projection+" "+w.Stream.String()] = true
	}
	if len(waits) != 1 || !waits["accounts Account#x"] {
		t.Errorf("waiting: %v", waits)
	}
	if n, err := o.Retry(t.Context()); err != nil || n != 1 {
		t.Errorf("tried %d, %v", n, err)
	}
	for _, names := range [][]string{nil, {"accounts"}, {reserveStock.Name}} {
		if err := o.CatchUp(t.Context(), es.StreamID{Type: "Account", ID: "a-1"}, names...); err != nil {
			t.Errorf("catch up %q: %v", names, err)
		}
	}
	if err := o.CatchUp(t.Context(), es.StreamID{Type: "Account", ID: "a-1"}, "nothing"); err == nil || !strings.Contains(err.Error(), `"nothing"`) {
		t.Errorf("of no projection: %v", err)
	}
	if _, _, err := o.Rebuilder.Run(t.Context(), "accounts", nil); err != nil {
		t.Error(err)
	}
	if _, err := s.projector.HandleJobs(t.Context(), queue.batch(t)); err != nil {
		t.Error(err)
	}
	s.query(t, "GET /accounts/a-1", `{"version":1}`)
}
