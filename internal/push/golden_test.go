package push

import (
	"flag"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

var update = flag.Bool("update-stored", false, "write the items of testdata/stored again")

// TestConnectionsAreStoredAs keeps the stored form of rows: of a connection with subscriptions, whose owner must be
// escaped, and of a connection without subscriptions.
func TestConnectionsAreStoredAs(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.connections.now = func() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) }
	const owner = "auth0|ada lovelace"
	order := StreamTopic("order-summary", es.StreamID{Type: "Order", ID: "o-1"})
	for _, err := range []error{
		b.connections.Open(t.Context(), "conn-1=", owner), b.connections.Open(t.Context(), "conn-2=", "bob"),
		b.connections.Subscribe(t.Context(), "conn-1=", owner, order),
		b.connections.Subscribe(t.Context(), "conn-1=", owner, CustomerTopic("customer-orders", "ALFKI")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	dynamotest.Golden(t, b.client, b.connections.table, dynamotest.GoldenConfig{Name: "connections", Update: *update})
}
