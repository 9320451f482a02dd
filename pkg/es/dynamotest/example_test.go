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

// A test has a table of its own, which is dropped when the test ends. The meter counts what the store sends.
func Example() {
	test := func(t *testing.T) { // in a file of yours: func TestStore(t *testing.T)
		var meter dynamotest.Meter
		client := dynamotest.Client(t, meter.Metered)
		table := dynamotest.Table(t, client, dynamostore.EventsTable)
		store, err := dynamostore.New(client, table)
		if err != nil {
			t.Fatal(err)
		}
		meter.Take() // what came before does not count
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

// An Example has no test to end with, so it asks for a client with [dynamotest.ForExample].
func ExampleForExample() {
	client := dynamotest.ForExample()
	_, err := client.ListTables(context.Background(), &dynamodb.ListTablesInput{})
	fmt.Println(err)
	// Output:
	// <nil>
}
