package dynamotest

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es/dynamotable"
)

// Table creates a table of the declared keys, pay per request, with a stream of new images where declared; it is dropped
// when the test ends. It returns the table's name, which is unique.
func Table(t testing.TB, client *dynamodb.Client, declared dynamotable.Table) string {
	t.Helper()
	name := "test-" + rand.Text()
	input := &dynamodb.CreateTableInput{
		TableName:   aws.String(name),
		BillingMode: types.BillingModePayPerRequest,
	}
	key := func(k dynamotable.Key, as types.KeyType) {
		if k.Name == "" { // a table without a sort key
			return
		}
		input.KeySchema = append(input.KeySchema, types.KeySchemaElement{AttributeName: aws.String(k.Name), KeyType: as})
		input.AttributeDefinitions = append(input.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(k.Name), AttributeType: types.ScalarAttributeType(k.Type),
		})
	}
	key(declared.Partition, types.KeyTypeHash)
	key(declared.Sort, types.KeyTypeRange)
	if declared.Stream {
		input.StreamSpecification = &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewImage,
		}
	}
	if _, err := client.CreateTable(t.Context(), input); err != nil {
		t.Fatalf("create table: %v", err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		if _, err := client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: aws.String(name)}); err != nil {
			t.Errorf("drop table %s: %v", name, err)
		}
	})
	return name
}
