package functions_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
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
	for _, table := range annalsaws.ReactionTables(declared) {
		if s.Tables[table.Name] == "" {
			s.Tables[table.Name] = dynamotest.Table(t, s.client, table.Table)
		}
	}
	queue := &messages{}
	s.CatchUps, s.ReactionJobs = queue, &messages{}
	return queue
}

// TestJobs: a job brings a stream level that nothing was delivered of; one that can't be done is reported, and the
// others are done.
func TestJobs(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	queue := &messages{}
	if err := queue.Enqueue(t.Context(), 0, projection.Job{
		Task: projection.CatchUp, Stream: es.StreamID{Type: "Account", ID: "a-1"},
	}); err != nil {
		t.Fatal(err)
	}
	batch := queue.batch(t)
	batch.Records = append(batch.Records,
		events.SQSMessage{MessageId: "malformed", Body: `{"task":"` + secret},
		events.SQSMessage{MessageId: "unknown", Body: `{"task":"dance"}`})
	out, err := s.projector.HandleJobs(t.Context(), batch)
	if err != nil || len(out.BatchItemFailures) != 2 {
		t.Errorf("handle the batch of jobs: %+v, %v, want two failed items", out, err)
	}
	for _, failed := range out.BatchItemFailures {
		if failed.ItemIdentifier != "malformed" && failed.ItemIdentifier != "unknown" {
			t.Errorf("item %s failed, want malformed and unknown alone", failed.ItemIdentifier)
		}
	}
	s.query(t, "GET /accounts/a-1", `{"version":1}`)
	if log := s.log.String(); !strings.Contains(log, `unknown task \"dance\"`) || strings.Contains(log, secret) {
		t.Errorf("log: %s, want the unknown task and no payload", log)
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
	s.ok(t, "POST /orders", `{"orderId":"o","customerId":"c","items":[{"productId":"p","quantity":2,`+
		`"unitPrice":{"amount":"1.00","currency":"USD"}}]}`)
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
		t.Errorf("events of the reaction: %s, want one reservation", got)
	}
}

// TestTasks: operators' tools have the functions do what needs the service's code.
func TestTasks(t *testing.T) {
	t.Parallel()
	s := newService(t)
	queue := s.withReactions(t)
	s.project(t)
	var err error
	if s.projector, err = s.Projector(); err != nil {
		t.Fatal(err)
	}
	s.ok(t, "POST /accounts", opened)
	s.strange(t, "x", `{}`)
	s.project(t)
	if waits := s.waiting(t); len(waits) != 1 || waits[0].Projection != "accounts" || waits[0].Stream.ID != "x" {
		t.Errorf("parked streams: %+v, want Account#x of accounts", waits)
	}
	s.ok(t, "POST /accounts/a-1/deposits", usd5)
	for _, test := range []struct {
		in   ask.Request
		fail string
	}{
		{ask.Request{Task: ask.Retry, Stream: "Account#x", Projections: []string{"accounts"}}, ""},
		{ask.Request{Task: ask.CatchUp, Stream: "Account#a-1"}, ""},
		{
			ask.Request{Task: ask.CatchUp, Stream: "Account#a-1", Projections: []string{"nothing"}},
			`unknown projection "nothing"`,
		},
		{ask.Request{Task: ask.CatchUp, Stream: "Account"}, "want Type#id"},
		{ask.Request{Task: ask.Rollback, Projection: "accounts"}, "no retired generation is kept"},
		{ask.Request{Task: ask.Abandon, Projection: "accounts"}, "no such generation"},
		{ask.Request{Task: ask.Reconcile, Segment: 4, Of: 4}, "no segment 4 of 4"},
		{ask.Request{Task: ask.Reconcile}, "no segment 0 of 0"},
		{ask.Request{Task: ask.CatchUp, Stream: "Account#a-1", Table: s.Tables["events"]}, ""},
		{ask.Request{Task: ask.CatchUp, Stream: "Account#a-1", Table: "restored"}, ", not restored, on which the tool works"},
		{ask.Request{Task: "dance"}, `this function has no task "dance"`},
		{ask.Request{Task: ask.Republish, Stream: "Account#a-1"}, `no task "republish"`},
	} {
		out := asked(t, s.projector, test.in)
		if (out.Error == nil) != (test.fail == "") || out.Error != nil && !strings.Contains(out.Error.Message, test.fail) {
			t.Errorf("task %+v: error %+v, want %q", test.in, out.Error, test.fail)
		}
	}
	s.query(t, "GET /accounts/a-1", `{"version":2}`)
	s.rebuilt(t, "accounts")
	if out := asked(t, s.projector, ask.Request{Task: ask.Rollback, Projection: "accounts"}); out.Error != nil ||
		out.Generation != 1 {
		t.Errorf("roll back: %+v, want generation 1", out)
	}
	queue.batch(t)
	h, err := s.projector.Handler()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h(t.Context(), json.RawMessage(`{"annals":null}`)); err == nil ||
		!strings.Contains(err.Error(), "read the task") {
		t.Errorf("empty request of a tool: %v, want an error", err)
	}
	if log := s.log.String(); !strings.Contains(log, `"msg":"a task failed","task":"dance"`) {
		t.Errorf("log: %s, want the failed task", log)
	}
}

// TestTasksOfQuery: the query function folds a stream's past, and reads rows, for tools; requests go on as before.
func TestTasksOfQuery(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	s.ok(t, "POST /accounts/a-1/deposits", usd5)
	s.project(t)
	past := s.askedOfQuery(t, ask.Request{Task: ask.State, Stream: "Account#a-1", Version: 1})
	if past.Error != nil || past.State.Version != 1 || past.State.At.IsZero() ||
		!strings.Contains(string(past.State.State), "Ada") {
		t.Errorf("state at version 1: %+v, error %+v; want version 1 with its time and the name Ada", past.State, past.Error)
	}
	for want, in := range map[ask.Kind]ask.Request{
		ask.StreamNotFound:    {Task: ask.State, Stream: "Account#none"},
		ask.VersionNotFound:   {Task: ask.State, Stream: "Account#a-1", Version: 9},
		ask.UnknownProjection: {Task: ask.Readable, Projection: "nothing"},
		"":                    {Task: ask.State, Stream: "Thing#x"},
	} {
		if out := s.askedOfQuery(t, in); out.Error == nil || out.Error.Kind != want {
			t.Errorf("task %+v: error %+v, want the kind %q", in, out.Error, want)
		}
	}
	rows := ask.Request{Task: ask.Readable, Projection: "accounts", Streams: []string{"Account#a-1", "Account#none"}}
	if out := s.askedOfQuery(t, rows); out.Error != nil || len(out.Unreadable) > 0 {
		t.Errorf("list unreadable rows: %+v, want none", out)
	}
}
