package functions_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/test/measured"
)

// anHourAgo has commands record what they do an hour ago: nothing of it is on its way any more.
func (s *service) anHourAgo(t *testing.T) {
	t.Helper()
	s.Store.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	s.build(t)
}

// settle does the jobs of a queue, as often as there are some.
func (s *service) settle(t *testing.T, p *annalslambda.Subscriber, queue *messages) {
	t.Helper()
	for {
		batch := queue.batch(t)
		if len(batch.Records) == 0 {
			return
		}
		if out, err := p.HandleJobs(t.Context(), batch); err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("handle the jobs: %+v, %v, want no failed items; log: %s", out, err, s.log)
		}
	}
}

// TestReconcile: records of the stream that expired before anybody had them, among them a stream's last, are missing
// nowhere after the daily message: no read model, no reaction.
func TestReconcile(t *testing.T) {
	t.Parallel()
	s := newService(t)
	queue := s.withReactions(t)
	reactions := &messages{}
	s.ReactionJobs = reactions
	s.anHourAgo(t)
	reactor, err := s.Reactor()
	if err != nil {
		t.Fatal(err)
	}
	s.ok(t, "POST /accounts", opened)
	s.ok(t, "POST /products", listedP)
	s.ok(t, "POST /products/p/stock", `{"quantity":10}`)
	s.order(t, "o")
	s.project(t)
	queue.batch(t) // what a new projector asks for
	s.ok(t, "POST /accounts/a-1/deposits", usd5)
	s.ok(t, "POST /orders/o/place", "")
	s.ok(t, "POST /orders/o/payments", `{"paymentId":"x","amount":{"amount":"6.00","currency":"USD"}}`)
	s.query(t, "GET /accounts/a-1", `{"version":1}`) // nothing of this was delivered

	daily := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "daily", Body: `{"task":"reconcile"}`}}}
	reconcile := func(p *annalslambda.Subscriber, jobs *messages) {
		t.Helper()
		if out, err := p.HandleJobs(t.Context(), daily); err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("handle the daily job: %+v, %v, want no failed items; log: %s", out, err, s.log)
		}
		s.settle(t, p, jobs)
	}
	reconcile(s.projector, queue)
	reconcile(reactor, reactions)
	s.query(t, "GET /accounts/a-1", `{"version":2}`)
	s.query(t, "GET /orders/o", `{"status":"paid"}`)
	s.query(t, "GET /products/p/inventory", `{"ordered":3}`)
	s.query(t, "GET /streams/Product/p", `{"items":[{"type":"ProductListed"},{"type":"StockReceived"},`+
		`{"type":"StockReserved"}]}`)

	readModels, again := reconciled(t, s.projector), reconciled(t, reactor)
	if readModels.Streams != 3 || again.Streams != 3 || again.Healed != 0 || readModels.Parked+again.Parked > 0 {
		t.Errorf("reconcile: %+v, and again: %+v; want 3 streams each, none parked, and nothing healed the second time",
			readModels, again)
	}
	// The reaction came after the read models were level: what it did, an hour ago by this clock, has not been delivered.
	// The reservation concerns the catalog alone, which shows the version: nothing is counted by it.
	if readModels.Healed != 1 {
		t.Errorf("healed %d, want the catalog", readModels.Healed)
	}
}

// TestReconcileCosts keeps what reconciling costs, in the documentation.
func TestReconcileCosts(t *testing.T) {
	t.Parallel()
	s, meter := newMeteredService(t)
	s.anHourAgo(t)
	for i := range 100 {
		s.ok(t, "POST /accounts",
			fmt.Sprintf(`{"accountId":"b-%d","ownerName":"Ada","initialDeposit":{"amount":"10","currency":"USD"}}`, i))
	}
	s.project(t)
	table := measured.Table{measured.CostHeader}
	reconcile := func(name string) {
		t.Helper()
		meter.Take()
		if _, err := s.projector.HandleJobs(t.Context(), events.SQSEvent{Records: []events.SQSMessage{
			{MessageId: "all", Body: `{"task":"reconcile","of":1}`},
		}}); err != nil {
			t.Fatal(err)
		}
		table = append(table, measured.Cost(name, meter.Take()))
	}
	reconcile("100 accounts that are level")
	for i := range 100 {
		s.ok(t, fmt.Sprintf("POST /accounts/b-%d/deposits", i), usd5)
	}
	reconcile("100 accounts, a deposit on each never delivered")
	measured.Compare(t, performance, table)
}
