package main

import (
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

func key(stream, version string) dynamostore.Item {
	return dynamostore.Item{
		"stream": &types.AttributeValueMemberS{Value: stream}, "version": &types.AttributeValueMemberN{Value: version},
	}
}

// remove removes a commit without the store.
func remove(t *testing.T, stream, version string) {
	t.Helper()
	_, err := dynamotest.Client(t).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: new(os.Getenv(annalsaws.Events.Env())), Key: key(stream, version),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// spoil changes a commit without the store.
func spoil(t *testing.T, stream, version string) {
	t.Helper()
	_, err := dynamotest.Client(t).UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: new(os.Getenv(annalsaws.Events.Env())), Key: key(stream, version),
		UpdateExpression:          new("SET id = :i"),
		ExpressionAttributeValues: dynamostore.Item{":i": &types.AttributeValueMemberS{Value: "another"}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// scan returns all commits of the event table.
func scan(t *testing.T) map[string]dynamostore.Item {
	t.Helper()
	out, err := dynamotest.Client(t).Scan(t.Context(), &dynamodb.ScanInput{
		TableName: new(os.Getenv(annalsaws.Events.Env())),
	})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]dynamostore.Item{}
	for _, item := range out.Items {
		c, err := dynamostore.Decode(item)
		if err != nil {
			t.Fatal(err)
		}
		all[c.Stream.String()+"@"+c.At.String()] = item
	}
	return all
}
