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

// Table creates a table with the declared keys, indexes and stream, billed per request, and drops it when the test
// ends. It returns the table's name, which is unique.
func Table(t testing.TB, client *dynamodb.Client, declared dynamotable.Table) string {
	t.Helper()
	name := "test-" + rand.Text()
	input := &dynamodb.CreateTableInput{
		TableName:            aws.String(name),
		BillingMode:          types.BillingModePayPerRequest,
		KeySchema:            keySchema(declared.Partition, declared.Sort),
		AttributeDefinitions: definitions(declared),
	}
	for _, index := range declared.Indexes {
		input.GlobalSecondaryIndexes = append(input.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(index.Name), KeySchema: keySchema(index.Partition, index.Sort), Projection: projection(index),
		})
	}
	if declared.Stream {
		input.StreamSpecification = &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewImage,
		}
	}
	if _, err := client.CreateTable(t.Context(), input); err != nil {
		t.Fatalf("create table: %v", err)
	}
	t.Cleanup(func() {
		// The test's own context has already ended.
		drop := &dynamodb.DeleteTableInput{TableName: aws.String(name)}
		if _, err := client.DeleteTable(context.Background(), drop); err != nil {
			t.Errorf("drop table %s: %v", name, err)
		}
	})
	return name
}

func keySchema(partition, sort dynamotable.Key) []types.KeySchemaElement {
	schema := []types.KeySchemaElement{{AttributeName: aws.String(partition.Name), KeyType: types.KeyTypeHash}}
	if sort.Name != "" {
		schema = append(schema, types.KeySchemaElement{AttributeName: aws.String(sort.Name), KeyType: types.KeyTypeRange})
	}
	return schema
}

// Unread returns a table without its DynamoDB stream, for tests in which nothing reads the stream: on DynamoDB Local,
// each record of any stream slows down the writes to all tables with one, by half a microsecond and more.
func Unread(declared dynamotable.Table) dynamotable.Table {
	declared.Stream = false
	return declared
}

// definitions returns the attributes of all keys, each once: a table's keys and those of its indexes may share
// attributes.
func definitions(declared dynamotable.Table) []types.AttributeDefinition {
	keys := []dynamotable.Key{declared.Partition, declared.Sort}
	for _, index := range declared.Indexes {
		keys = append(keys, index.Partition, index.Sort)
	}
	var all []types.AttributeDefinition
	defined := map[string]bool{"": true} // the name of a missing sort key
	for _, k := range keys {
		if !defined[k.Name] {
			defined[k.Name] = true
			all = append(all, types.AttributeDefinition{
				AttributeName: aws.String(k.Name), AttributeType: types.ScalarAttributeType(k.Type),
			})
		}
	}
	return all
}

// projection returns the projection of an index. DynamoDB has a separate type for keys only.
func projection(index dynamotable.Index) *types.Projection {
	if len(index.Projected) == 0 {
		return &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}
	}
	return &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: index.Projected}
}
