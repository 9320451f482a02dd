package dynamostore_test

import (
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/storetest"
)

func open(t *testing.T, now func() time.Time) *dynamostore.Store {
	t.Helper()
	client := dynamotest.Client(t)
	store, err := dynamostore.New(client, dynamotest.Table(t, client, eventsTable), dynamostore.Config{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, now func() time.Time) es.Store { return open(t, now) })
}

func TestNewRefusesFaults(t *testing.T) {
	t.Parallel()
	for _, cfg := range []dynamostore.Config{{Attempts: -1}, {Backoff: -1}} {
		if _, err := dynamostore.New(nil, "events", cfg); err == nil {
			t.Errorf("new store with %+v: no error", cfg)
		}
	}
	if _, err := dynamostore.New(nil, ""); err == nil {
		t.Error("a store without a table was accepted")
	}
}

// eventsTable is the events' table without its DynamoDB stream, which no test of the store reads.
var eventsTable = dynamotest.Unread(dynamostore.EventsTable)
