package main

import (
	"errors"
	"maps"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/annals-es/annals/local/access"
	ensured "github.com/annals-es/annals/local/tables"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

func TestIndexes(t *testing.T) {
	defined := func(name, of string) object { return object{"AttributeName": name, "AttributeType": of} }
	hash := func(name string) object { return object{"AttributeName": name, "KeyType": "HASH"} }
	slot := func(name, number string) object {
		return object{
			"IndexName":  name,
			"KeySchema":  list{hash("i" + number + "p"), object{"AttributeName": "i" + number + "s", "KeyType": "RANGE"}},
			"Projection": object{"ProjectionType": "INCLUDE", "NonKeyAttributes": list{"i" + number + "r"}},
		}
	}
	table := arm64.resource(t, "OrdersTable", "AWS::DynamoDB::GlobalTable")
	same(t, "the slots", any(list{slot("slot1", "1"), slot("slot2", "2")}), table.Properties["GlobalSecondaryIndexes"])
	same(t, "attributes", any(list{
		defined("pk", "S"), defined("sk", "S"),
		defined("i1p", "S"), defined("i1s", "S"), defined("i2p", "S"), defined("i2s", "S"),
	}), table.Properties["AttributeDefinitions"])
	// Contributor insights report throttled keys of indexes too.
	watched := object{"Enabled": true, "Mode": "THROTTLED_KEYS"}
	same(t, "in the region", any(list{
		object{"IndexName": "slot1", "ContributorInsightsSpecification": watched},
		object{"IndexName": "slot2", "ContributorInsightsSpecification": watched},
	}), replicaOf(table)["GlobalSecondaryIndexes"])
}

// TestIndexesAreExtracted: a change of an index shows in review.
func TestIndexesAreExtracted(t *testing.T) {
	lines := tableLines(arm64)
	for id, want := range map[string]string{
		"OrdersTable": "; index slot1: HASH i1p S RANGE i1s S INCLUDE i1r; index slot2: HASH i2p S RANGE i2s S INCLUDE i2r",
	} {
		if !strings.HasSuffix(lines[id], want) {
			t.Errorf("%s is %q, want it to end in %q", id, lines[id], want)
		}
	}
}

// TestIndexesOnDynamoDB: the local runner creates the template's indexes, and requires the same permissions as AWS.
func TestIndexesOnDynamoDB(t *testing.T) {
	ctx, system := t.Context(), asRun(t, arm64)
	database := dynamotest.Endpoint(t)
	if _, err := ensured.Ensure(ctx, ensured.NewClient(database), system.Tables); err != nil {
		t.Fatal(err)
	}
	backend, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(access.New(system).DynamoDB(backend))
	defer server.Close()
	table := nameOf(t, system, "OrdersTable")
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	if _, err := as("ProjectorFunction", server.URL).PutItem(ctx, &dynamodb.PutItemInput{
		TableName: table, Item: map[string]types.AttributeValue{
			"pk": text("a"), "sk": text("a"), "data": text("a"), "i2p": text("all"), "i2s": text("1"), "i2r": text("row"),
		},
	}); err != nil {
		t.Fatal(err)
	}
	ask := func(function, index string) ([]string, error) {
		out, err := as(function, server.URL).Query(ctx, &dynamodb.QueryInput{
			TableName: table, IndexName: &index, KeyConditionExpression: aws.String("i2p = :p"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":p": text("all")},
		})
		if err != nil || len(out.Items) != 1 {
			return nil, err
		}
		return slices.Sorted(maps.Keys(out.Items[0])), nil
	}
	held, err := ask("QueryFunction", "slot2")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "what the index holds", []string{"i2p", "i2r", "i2s", "pk", "sk"}, held)
	for function, index := range map[string]string{"ProjectorFunction": "slot2", "QueryFunction": "slot3"} {
		_, err := ask(function, index)
		e, ok := errors.AsType[smithy.APIError](err)
		denied := "dynamodb:Query on resource: " + tableNamed(t, system, "OrdersTable").ARN + "/index/" + index
		if !ok || e.ErrorCode() != "AccessDeniedException" || !strings.Contains(e.ErrorMessage(), denied) {
			t.Errorf("%s queries index %s: %v, want AccessDeniedException", function, index, err)
		}
	}
}
