package dynamoview_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// TestIndexedReadTable: a slot holds the documents that have its key, in order, and of each only the keys and the
// list's row.
func TestIndexedReadTable(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	name := dynamotest.Table(t, client, dynamoview.IndexedReadTable)
	item := func(attributes ...string) map[string]types.AttributeValue {
		all := map[string]types.AttributeValue{}
		for pair := range slices.Chunk(attributes, 2) {
			all[pair[0]] = &types.AttributeValueMemberS{Value: pair[1]}
		}
		return all
	}
	for _, document := range []map[string]types.AttributeValue{
		item("pk", "1#b", "sk", "state", "data", "b", "i1p", "open", "i1s", "2", "i1r", "row of b"),
		item("pk", "1#a", "sk", "state", "data", "a",
			"i1p", "open", "i1s", "1", "i1r", "row of a", "i2p", "all", "i2s", "9", "i2r", "other row"),
		item("pk", "1#c", "sk", "state", "data", "c", "i1p", "closed", "i1s", "1", "i1r", "row of c"),
		item("pk", "1#d", "sk", "state", "data", "d"),
	} {
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &name, Item: document}); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		slot, key, partition string
		want                 []map[string]types.AttributeValue
	}{
		{"slot1", "i1p", "open", []map[string]types.AttributeValue{
			item("pk", "1#a", "sk", "state", "i1p", "open", "i1s", "1", "i1r", "row of a"),
			item("pk", "1#b", "sk", "state", "i1p", "open", "i1s", "2", "i1r", "row of b"),
		}},
		{"slot2", "i2p", "all", []map[string]types.AttributeValue{
			item("pk", "1#a", "sk", "state", "i2p", "all", "i2s", "9", "i2r", "other row"),
		}},
		{"slot2", "i2p", "open", []map[string]types.AttributeValue{}},
	} {
		got, err := client.Query(t.Context(), &dynamodb.QueryInput{
			TableName: &name, IndexName: &test.slot, KeyConditionExpression: aws.String(test.key + " = :p"),
			ExpressionAttributeValues: item(":p", test.partition),
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got.Items, cmp.AllowUnexported(types.AttributeValueMemberS{})); diff != "" {
			t.Errorf("%s of %s (-want +got):\n%s", test.partition, test.slot, diff)
		}
	}
}
