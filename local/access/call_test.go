package access //nolint:testpackage // what a call asks for is decided inside

import (
	"slices"
	"strings"
	"testing"
)

func TestRequestsOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ operation, body, want string }{
		{"PutItem", `{"TableName": "T", "Item": {"TableName": {"S": "x"}}}`, "PutItem T"},
		{"PutItem", `{"TableName": "arn:aws:dynamodb:us-east-1:000000000000:table/T"}`, "PutItem T"},
		{"Query", `{"TableName": "T"}`, "Query T"},
		{"Query", `{"TableName": "T", "IndexName": "by"}`, "Query T/index/by"},
		{"Scan", `{"TableName": "T", "IndexName": "by"}`, "Scan T/index/by"},
		{"DeleteTable", `{"TableName": "T"}`, "DeleteTable T"},
		{"UpdateTimeToLive", `{"TableName": "T"}`, "UpdateTimeToLive T"},
		{"PutResourcePolicy", `{"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/T"}`, "PutResourcePolicy T"},
		{
			"ExportTableToPointInTime", `{"TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/T"}`,
			"ExportTableToPointInTime T",
		},
		{"ListTables", `{}`, "ListTables *"},
		{"BatchGetItem", `{"RequestItems": {"T": {}, "S": {}}}`, "BatchGetItem S, BatchGetItem T"},
		{"BatchWriteItem", `{"RequestItems": {"T": [{"DeleteRequest": {}}]}}`, "BatchWriteItem T"},
		{"TransactGetItems", `{"TransactItems": [{"Get": {"TableName": "T"}}]}`, "GetItem T"},
		{
			"TransactWriteItems",
			`{"TransactItems": [{"Put": {"TableName": "T"}}, {"Update": {"TableName": "T"}}, {"Delete": {"TableName": "S"}}, ` +
				`{"ConditionCheck": {"TableName": "T"}}]}`,
			"PutItem T, UpdateItem T, DeleteItem S, ConditionCheckItem T",
		},
		{"ExecuteStatement", `{"Statement": "SELECT \"from\" FROM \"T\" WHERE p = ?"}`, "PartiQLSelect T"},
		{"ExecuteStatement", `{"Statement": "select * from \"T\".\"by\""}`, "PartiQLSelect T/index/by"},
		{"ExecuteStatement", `{"Statement": "INSERT INTO T VALUE {'p': 'a'}"}`, "PartiQLInsert T"},
		{
			"BatchExecuteStatement",
			`{"Statements": [{"Statement": " update \"T\" SET a = 1"}, {"Statement": "DELETE\nFROM \"S\""}]}`,
			"PartiQLUpdate T, PartiQLDelete S",
		},
		{
			"ExecuteTransaction",
			`{"TransactStatements": [{"Statement": "EXISTS(SELECT * FROM \"T\")"}, {"Statement": "DELETE FROM \"T\""}]}`,
			"PartiQLSelect T, PartiQLDelete T",
		},
	} {
		requests, err := requestsOf(test.operation, []byte(test.body))
		if err != nil {
			t.Errorf("requests of %s %s: %v", test.operation, test.body, err)
		}
		var got []string
		for _, r := range requests {
			got = append(got, strings.TrimPrefix(r.Action, "dynamodb:")+" "+
				strings.TrimPrefix(r.Resource, "arn:aws:dynamodb:us-east-1:000000000000:table/"))
		}
		if !slices.Equal(got, strings.Split(test.want, ", ")) {
			t.Errorf("%s %s asks for %v, want %s", test.operation, test.body, got, test.want)
		}
	}
}

// Requests that cannot be read are refused.
func TestRequestsNotUnderstood(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ operation, body, want string }{
		{"PutItem", `{`, "not a DynamoDB request in JSON"},
		{"BatchWriteItem", `{}`, "names no table"},
		{"TransactWriteItems", `{}`, "names no table"},
		{"ExecuteStatement", `{}`, "names no table"},
		{"TransactWriteItems", `{"TransactItems": [{"Upsert": {"TableName": "T"}}]}`, `the unknown kind "Upsert"`},
		{"ExecuteStatement", `{"Statement": "MERGE INTO T"}`, "not supported locally"},
		{"ExecuteStatement", `{"Statement": "SELECT 1"}`, "not supported locally"},
	} {
		if got, err := requestsOf(test.operation, []byte(test.body)); err == nil ||
			!strings.Contains(err.Error(), test.want) {
			t.Errorf("requests of %s %s: %v, %v, want an error with %s", test.operation, test.body, got, err, test.want)
		}
	}
}
