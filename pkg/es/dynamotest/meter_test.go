package dynamotest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/dynamotest"
)

type item = map[string]types.AttributeValue

func key(sort string) item {
	return item{"p": &types.AttributeValueMemberS{Value: "p"}, "s": &types.AttributeValueMemberN{Value: sort}}
}

// sized is an item of this many bytes.
func sized(sort string, bytes int) item {
	i := key(sort) // "p" + "p" + "s" + 2 bytes for a digit
	i["list"] = &types.AttributeValueMemberL{Value: []types.AttributeValue{
		&types.AttributeValueMemberM{Value: item{"flag": &types.AttributeValueMemberBOOL{Value: true}}}, // 3 + 1 + 4 + 1
		&types.AttributeValueMemberB{Value: []byte("ab")},
		&types.AttributeValueMemberSS{Value: []string{"é", "f"}},
	}} // 4 + 3 + 3 + 9 + 2 + 3
	i["text"] = &types.AttributeValueMemberS{Value: strings.Repeat("x", bytes-5-24-4)}
	return i
}

// TestMeter: units are DynamoDB's, also where DynamoDB Local reports others.
func TestMeter(t *testing.T) {
	t.Parallel()
	meter := &dynamotest.Meter{}
	plain := dynamotest.Client(t)
	client := dynamotest.Client(t, meter.Metered)
	one, other := dynamotest.Table(t, plain, declared), dynamotest.Table(t, plain, declared)
	put := func(table, sort string, bytes int) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{TableName: &table, Item: sized(sort, bytes)}}
	}
	type usage = dynamotest.Usage
	type requests = map[string]int
	for _, test := range []struct {
		name string
		do   func() error
		want usage
	}{
		{"put, to the byte", func() error {
			_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &one, Item: sized("1", 1024)})
			return err
		}, usage{requests{"PutItem": 1}, 0, 1}},
		{"put, a byte more", func() error {
			_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &one, Item: sized("1", 1025)})
			return err
		}, usage{requests{"PutItem": 1}, 0, 2}},
		{"transaction", func() error {
			_, err := client.TransactWriteItems(t.Context(),
				&dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
					put(one, "1", 1024), put(one, "2", 1025), put(other, "1", 100), {ConditionCheck: &types.ConditionCheck{
						TableName: &other, Key: key("2"), ConditionExpression: aws.String("attribute_not_exists(p)"),
					}},
				}})
			return err
		}, usage{requests{"TransactWriteItems": 1}, 0, 2 + 4 + 2 + 2}},
		{"update", func() error {
			_, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
				TableName: &one, Key: key("3"), UpdateExpression: aws.String("SET a = :a"),
				ExpressionAttributeValues: item{":a": key("3")["s"]},
			})
			return err
		}, usage{requests{"UpdateItem": 1}, 0, 1}},
		{"batch of writes", func() error {
			_, err := client.BatchWriteItem(t.Context(),
				&dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{
					one:   {{PutRequest: &types.PutRequest{Item: key("4")}}, {PutRequest: &types.PutRequest{Item: sized("5", 1025)}}},
					other: {{PutRequest: &types.PutRequest{Item: key("4")}}},
				}})
			return err
		}, usage{requests{"BatchWriteItem": 1}, 0, 4}},
		{"batch of reads, one in vain", func() error {
			_, err := client.BatchGetItem(t.Context(),
				&dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
					one:   {Keys: []item{key("4"), key("9")}, ConsistentRead: aws.Bool(true)},
					other: {Keys: []item{key("9")}},
				}})
			return err
		}, usage{requests{"BatchGetItem": 1}, 2.5, 0}},
		{"get", func() error {
			_, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &one, Key: key("4")})
			return err
		}, usage{requests{"GetItem": 1}, 0.5, 0}},
		{"query in vain", func() error {
			_, err := client.Query(t.Context(), &dynamodb.QueryInput{
				TableName: &one, KeyConditionExpression: aws.String("p = :p"), ConsistentRead: aws.Bool(true),
				ExpressionAttributeValues: item{":p": &types.AttributeValueMemberS{Value: "nobody"}},
			})
			return err
		}, usage{requests{"Query": 1}, 1, 0}},
		{"query and scan", func() error {
			_, err := client.Query(t.Context(), &dynamodb.QueryInput{
				TableName: &one, KeyConditionExpression: aws.String("p = :p"), ExpressionAttributeValues: item{":p": key("1")["p"]},
			})
			if err == nil {
				_, err = client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &other})
			}
			return err
		}, usage{requests{"Query": 1, "Scan": 1}, 0.5 + 0.5, 0}},
	} {
		meter.Take()
		if err := test.do(); err != nil {
			t.Fatalf("do %s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, meter.Take()); diff != "" {
			t.Errorf("usage of %s (-want +got):\n%s", test.name, diff)
		}
	}
}
