package functions_test

import (
	"fmt"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// TestReactionCosts: what the reactor sends about each step of an order of a product that was ordered before.
func TestReactionCosts(t *testing.T) {
	t.Parallel()
	s, meter := newMeteredService(t)
	s.withReactions(t)
	reactor, err := s.Reactor()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[es.StreamVersion]bool{}
	// react delivers what was stored since it was called last.
	react := func() dynamotest.Usage {
		t.Helper()
		var news []record
		for _, item := range s.commits(t) {
			c, err := dynamostore.Decode(item)
			if err != nil {
				t.Fatal(err)
			}
			if at := (es.StreamVersion{Stream: c.Stream, Version: c.Version}); !seen[at] {
				seen[at] = true
				news = append(news, newRecord("INSERT", fmt.Sprint(len(seen)), item))
			}
		}
		meter.Take()
		if out, err := reactor.Handle(t.Context(), batchOf(t, news...)); err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("react to a batch: %+v, %v, want no failed items; log:\n%s", out, err, s.log)
		}
		return meter.Take()
	}
	s.ok(t, "POST /products", listedP)
	s.ok(t, "POST /products/p/stock", `{"quantity":100}`)
	var got []string
	for i := range 2 {
		id := fmt.Sprint("o-", i)
		s.order(t, id)
		got = nil
		for _, step := range []struct{ name, target, body string }{
			{"created", "", ""},
			{"placed", "POST /orders/" + id + "/place", ""},
			{"paid", "POST /orders/" + id + "/payments", `{"paymentId":"p","amount":{"amount":"6","currency":"USD"}}`},
			{"shipped", "POST /orders/" + id + "/shipments", `{"trackingNumber":"T"}`},
			{"delivered", "POST /orders/" + id + "/delivery", ""},
		} {
			if step.target != "" {
				s.ok(t, step.target, step.body)
			}
			u := react()
			got = append(got, fmt.Sprintf("%s: %v, %v read, %v write", step.name, u.Requests, u.ReadUnits, u.WriteUnits))
		}
	}
	if diff := gocmp.Diff([]string{
		"created: map[], 0 read, 0 write",
		// Its stock is not reserved yet, but it may be free of charge. The deadline of its payment is stored, with its place
		// in the list of open deadlines.
		"placed: map[GetItem:2 PutItem:2], 2 read, 3 write",
		// The order with its snapshot; the product is in memory. Both go into the transaction, and then the checkpoint. The
		// deadline is removed, also from the list.
		"paid: map[GetItem:1 PutItem:2 Query:1 TransactWriteItems:1], 1.5 read, 7 write",
		"shipped: map[PutItem:2 Query:1], 1 read, 2 write", // the product alone, and the checkpoint
		"delivered: map[], 0 read, 0 write",
	}, got); diff != "" {
		t.Errorf("requests of reactions (-want +got):\n%s", diff)
	}
}
