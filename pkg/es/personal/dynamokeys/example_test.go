package dynamokeys_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/dynamokeys"
)

// Keys on DynamoDB. Programs pass them to personal.NewStore, which makes these calls, but for Forget. The client is
// that of aws-sdk-go-v2, dynamodb.NewFromConfig(cfg); this one talks to DynamoDB Local.
func Example() {
	ctx, client := context.Background(), dynamotest.ForExample()
	table := "example-" + rand.Text()
	// In production, CDK, Terraform or CloudFormation makes the table.
	partition, sort := dynamokeys.Table.Partition, dynamokeys.Table.Sort
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:   &table,
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: &partition.Name, AttributeType: types.ScalarAttributeType(partition.Type)},
			{AttributeName: &sort.Name, AttributeType: types.ScalarAttributeType(sort.Type)},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: &partition.Name, KeyType: types.KeyTypeHash},
			{AttributeName: &sort.Name, KeyType: types.KeyTypeRange},
		},
	})
	fmt.Println("table:", err)

	keys, err := dynamokeys.New(client, table)
	fmt.Println("keys:", err)
	fmt.Println("noted:", keys.Note(ctx, "ada", es.StreamID{Type: "Order", ID: "o-1"}))
	secret := make([]byte, personal.KeyBytes)
	_, _ = rand.Read(secret) // never fails
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	key, err := keys.Create(ctx, personal.Key{Subject: "ada", Number: 1, Secret: secret, At: now})
	fmt.Println("created:", key.Number, len(key.Secret), err)
	key, err = keys.Forget(ctx, "ada", now.Add(time.Hour))
	fmt.Println("forgotten:", key.Number, len(key.Secret), key.At.Format(time.TimeOnly), err)
	for stream, err := range keys.Streams(ctx, "ada") {
		fmt.Println("stream:", stream, err)
	}
	_, err = client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table})
	fmt.Println("dropped:", err)
	// Output:
	// table: <nil>
	// keys: <nil>
	// noted: <nil>
	// created: 1 32 <nil>
	// forgotten: 1 0 13:00:00 <nil>
	// stream: Order#o-1 <nil>
	// dropped: <nil>
}
