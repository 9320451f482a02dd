package dynamotest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es/dynamotable"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// TestUnitsOfIndexes: DynamoDB Local also counts the units of a write in the indexes: none if the index does not
// change, one per kilobyte of the index's item if it does, and twice that if the item moves to another key. DynamoDB
// counts single writes in the same way; for an item that shrinks, the larger of old and new size counts.
//
// Source: https://github.com/paritysuite/dynamodb-conformance/issues/149, measured on DynamoDB.
func TestUnitsOfIndexes(t *testing.T) {
	t.Parallel()
	meter := &dynamotest.Meter{}
	client := dynamotest.Client(t, meter.Metered)
	by := func(name string) dynamotable.Key { return dynamotable.Key{Name: name, Type: dynamotable.String} }
	table := dynamotest.Table(t, dynamotest.Client(t), dynamotable.Table{
		Partition: declared.Partition, Sort: declared.Sort,
		Indexes: []dynamotable.Index{
			{Name: "one", Partition: by("p1"), Sort: by("s1"), Projected: []string{"r1"}},
			{Name: "two", Partition: by("p2"), Sort: by("s2"), Projected: []string{"r2"}},
		},
	})
	big := strings.Repeat("x", 2500)
	for _, test := range []struct {
		name       string
		attributes string // of the item, each with its value
		table      float64
		indexes    float64
	}{
		{"in no index", "d=1", 1, 0},
		{"added to one", "d=1 p1=a s1=a r1=a", 1, 1},
		{"the same again", "d=1 p1=a s1=a r1=a", 1, 0},
		{"what is not projected changes", "d=2 p1=a s1=a r1=a", 1, 0},
		{"what is projected changes", "d=2 p1=a s1=a r1=b", 1, 1},
		{"what is projected goes", "d=2 p1=a s1=a", 1, 1},
		{"another sort key", "d=2 p1=a s1=b", 1, 2},
		{"another partition", "d=2 p1=b s1=b", 1, 2},
		{"added to the other", "d=2 p1=b s1=b p2=a s2=a r2=a", 1, 1},
		{"both change", "d=2 p1=b s1=b r1=b p2=a s2=a r2=b", 1, 2},
		{"both keys change", "d=2 p1=b s1=c r1=b p2=a s2=b r2=b", 1, 4},
		{"removed from both", "d=2", 1, 2},
		{"a large item, a small one in the index", "p1=a s1=a r1=a d=" + big, 3, 1},
		{"the large one does not count in the index", "p1=a s1=b r1=a d=" + big, 3, 2},
		{"large in the index", "p1=a s1=b d=1 r1=" + big, 3, 3},
		{"large in the index, at another key", "p1=a s1=c d=1 r1=" + big, 3, 6},
		{"small again", "p1=a s1=c d=1 r1=a", 3, 3},
	} {
		put := key("1")
		for _, attribute := range strings.Fields(test.attributes) {
			name, value, _ := strings.Cut(attribute, "=")
			put[name] = &types.AttributeValueMemberS{Value: value}
		}
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: put}); err != nil {
			t.Fatal(err)
		}
		if got := meter.Take().WriteUnits; got != test.table+test.indexes {
			t.Errorf("%s: %v units, want %v of the table and %v of its indexes", test.name, got, test.table, test.indexes)
		}
	}
	for partition, want := range map[string]float64{"a": 0.5, "nothing": 0.5} {
		if _, err := client.Query(t.Context(), &dynamodb.QueryInput{
			TableName: &table, IndexName: aws.String("one"), KeyConditionExpression: aws.String("p1 = :p"),
			ExpressionAttributeValues: item{":p": &types.AttributeValueMemberS{Value: partition}},
		}); err != nil {
			t.Fatal(err)
		}
		if got := meter.Take().ReadUnits; got != want {
			t.Errorf("query of %s: %v units, want %v", partition, got, want)
		}
	}
}
