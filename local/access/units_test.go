package access //nolint:testpackage // see call_test.go

import (
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/local/template"
	"github.com/annals-es/annals/pkg/es/dynamotable"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// TestUnits: what requests consume is counted as DynamoDB charges it, whether they ask for it themselves or not.
func TestUnits(t *testing.T) {
	t.Parallel()
	backend, err := url.Parse(dynamotest.Endpoint(t))
	if err != nil {
		t.Fatal(err)
	}
	name := dynamotest.Table(t, dynamotest.Client(t), dynamotable.Table{
		Partition: dynamotable.Key{Name: "p", Type: dynamotable.String},
		Sort:      dynamotable.Key{Name: "s", Type: dynamotable.String},
	})
	control := New(&template.System{})
	gate := httptest.NewServer(control.DynamoDB(backend))
	t.Cleanup(gate.Close)
	client := dynamodb.New(dynamodb.Options{
		BaseEndpoint: &gate.URL, Region: template.Region, Credentials: credentials.NewStaticCredentialsProvider(Own, "x", ""),
		RetryMaxAttempts: 1,
	})
	item := func(sort string, size int) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{
			"p": &types.AttributeValueMemberS{Value: "x"}, "s": &types.AttributeValueMemberS{Value: sort},
			"text": &types.AttributeValueMemberS{Value: strings.Repeat(`"ConsumedCapacity":{"CapacityUnits":9}`, size/38)},
		}
	}
	before := Units{}
	consumed := func(what string, err error, want Units) {
		t.Helper()
		now := control.Units()
		if got := (Units{now.Read - before.Read, now.Write - before.Write}); err != nil || got != want {
			t.Errorf("%s: consumed %+v, %v, want %+v", what, got, err, want)
		}
		before = now
	}
	_, err = client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &name, Item: item("1", 1500)})
	consumed("an item of 1.5 KB", err, Units{Write: 2})
	put, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: &name, Item: item("2", 100), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	consumed("an item of which the consumption is asked for", err, Units{Write: 1})
	if err == nil && aws.ToFloat64(put.ConsumedCapacity.CapacityUnits) != 1 {
		t.Errorf("consumed capacity in the answer: %+v, want 1 unit", put.ConsumedCapacity)
	}
	key := map[string]types.AttributeValue{"p": item("1", 0)["p"], "s": item("1", 0)["s"]}
	got, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &name, Key: key, ConsistentRead: aws.Bool(true),
	})
	consumed("read strongly consistent", err, Units{Read: 1})
	if err == nil && len(got.Item) != 3 {
		t.Errorf("item that was read: %+v, want 3 attributes", got.Item)
	}
	_, err = client.Query(t.Context(), &dynamodb.QueryInput{
		TableName: &name, KeyConditionExpression: aws.String("p = :p"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":p": item("", 0)["p"]},
	})
	consumed("a query of 1.6 KB, eventually consistent", err, Units{Read: 0.5})
	var parts []types.TransactWriteItem
	for i := range 2 {
		parts = append(parts, types.TransactWriteItem{Put: &types.Put{
			TableName: &name, Item: item("t"+strconv.Itoa(i), 100),
		}})
	}
	_, err = client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: parts})
	consumed("a transaction of two", err, Units{Write: 4})
	_, err = client.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{name: {Keys: []map[string]types.AttributeValue{key}}},
	})
	consumed("a batch of one", err, Units{Read: 0.5})
	_, err = client.PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: &name, Item: item("1", 1), ConditionExpression: aws.String("attribute_not_exists(p)"),
	})
	if err == nil {
		t.Error("the condition holds")
	}
	consumed("a condition that fails", nil, Units{})
}
