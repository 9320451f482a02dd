package dynamotest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// Each test has its own table, which is dropped when the test ends. The meter counts what the store sends.
func Example() {
	test := func(t *testing.T) { // in your test file: func TestStore(t *testing.T)
		var meter dynamotest.Meter
		client := dynamotest.Client(t, meter.Metered)
		table := dynamotest.Table(t, client, dynamostore.EventsTable)
		store, err := dynamostore.New(client, table)
		if err != nil {
			t.Fatal(err)
		}
		meter.Take() // ignore the requests so far
		_, err = store.Append(t.Context(), es.Append{Writes: []es.Write{{
			Head:   store.Empty(es.StreamID{Type: "Order", ID: "1"}),
			Events: []es.RawEvent{{Type: "OrderPlaced", Schema: 1, Data: []byte(`{}`)}},
		}}})
		if used := meter.Take(); err != nil || used.Requests["PutItem"] != 1 || used.WriteUnits != 1 {
			t.Errorf("one small event cost %+v, %v", used, err)
		}
	}
	fmt.Println("passed:", testing.RunTests(func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "TestStore", F: test}}))
	// Output:
	// passed: true
}

// An Example has no test, so it gets its client from [dynamotest.ForExample].
func ExampleForExample() {
	client := dynamotest.ForExample()
	_, err := client.ListTables(context.Background(), &dynamodb.ListTablesInput{})
	fmt.Println(err)
	// Output:
	// <nil>
}
