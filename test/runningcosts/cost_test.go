package main

import (
	"strings"
	"testing"
)

// TestCostOf: costs are DynamoDB's also where DynamoDB Local's own figures are wrong.
func TestCostOf(t *testing.T) {
	t.Parallel()
	kilobyte := strings.Repeat("x", 1024)
	for name, test := range map[string]struct {
		operation, sent string
		status          int
		got             string
		want            spent
	}{
		"put": {
			"PutItem", `{"Item":{"p":{"S":"x"}}}`, 200,
			`{"ConsumedCapacity":{"CapacityUnits":2}}`, spent{requests: 1, writes: 2},
		},
		"put refused": {
			"PutItem", `{"Item":{"p":{"S":"` + kilobyte + `"}}}`, 400,
			`{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}`, spent{requests: 1, writes: 2},
		},
		"throttled": {"PutItem", `{}`, 400, `{"__type":"x#ProvisionedThroughputExceededException"}`, spent{requests: 1}},
		"transaction": {
			"TransactWriteItems",
			`{"TransactItems":[{"Put":{"Item":{"p":{"S":"x"}}}},{"Update":{}},{"Put":{"Item":{"p":{"M":{"q":{"L":[{"S":"` +
				kilobyte + `"}]}}}}}}]}`, 200, `{"ConsumedCapacity":[{"CapacityUnits":4}]}`, spent{requests: 1, writes: 8},
		},
		"transaction refused": {"TransactWriteItems", `{"TransactItems":[{"Put":{}},{"ConditionCheck":{}}]}`, 400,
			`{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException"}`, spent{requests: 1, writes: 4}},
		"get": {"GetItem", `{}`, 200, `{"ConsumedCapacity":{"CapacityUnits":0.5}}`, spent{requests: 1, reads: 0.5}},
		"query": {
			"Query", `{}`, 200, `{"ScannedCount":3,"ConsumedCapacity":{"CapacityUnits":1.5}}`, spent{requests: 1, reads: 1.5},
		},
		"query of nothing": {
			"Query", `{}`, 200, `{"ScannedCount":0,"ConsumedCapacity":{"CapacityUnits":0}}`, spent{requests: 1, reads: 0.5},
		},
		"strong, of nothing": {"Query", `{"ConsistentRead":true}`, 200, `{"ScannedCount":0}`, spent{requests: 1, reads: 1}},
		"batch, one in vain": {
			"BatchGetItem", `{"RequestItems":{"t":{"ConsistentRead":true,"Keys":[{},{}]}}}`, 200,
			`{"Responses":{"t":[{}]},"ConsumedCapacity":[{"TableName":"t","CapacityUnits":1}]}`, spent{requests: 1, reads: 2},
		},
		"batch of writes": {
			"BatchWriteItem", `{"RequestItems":{"t":[{"PutRequest":{}}]}}`, 200,
			`{"ConsumedCapacity":[{"CapacityUnits":1},{"CapacityUnits":2}]}`,
			spent{requests: 1, writes: 3},
		},
	} {
		if got := costOf(test.operation, []byte(test.sent), test.status, []byte(test.got)); got != test.want {
			t.Errorf("cost of %s: %+v, want %+v", name, got, test.want)
		}
	}
}

// TestSize: sizes of values are those that DynamoDB documents.
func TestSize(t *testing.T) {
	t.Parallel()
	item := map[string]attribute{
		"text": {"S": []byte(`"é"`)}, "number": {"N": []byte(`"1234"`)}, "binary": {"B": []byte(`"AAEC"`)},
		"set": {"SS": []byte(`["a","bc"]`)},
		"map": {"M": []byte(`{"k":{"S":"v"}}`)}, "list": {"L": []byte(`[{"BOOL":true},{"S":"xy"}]`)},
	}
	names, values := 4+6+6+3+3+4, 2+3+3+3+(3+1+1+1)+(3+2+1+2)
	if got := sizeOfMap(item); got != names+values {
		t.Errorf("%d bytes, want %d", got, names+values)
	}
}
