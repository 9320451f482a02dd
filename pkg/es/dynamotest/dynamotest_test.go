package dynamotest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/dynamotable"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

var declared = dynamotable.Table{
	Partition: dynamotable.Key{Name: "p", Type: dynamotable.String},
	Sort:      dynamotable.Key{Name: "s", Type: dynamotable.Number},
	Stream:    true,
}

func TestTableIsFreshAndAsDeclared(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	var name string
	t.Run("made", func(t *testing.T) {
		name = dynamotest.Table(t, client, declared)
		if other := dynamotest.Table(t, client, declared); other == name {
			t.Fatalf("two tables are named %s", name)
		}
		_, err := client.PutItem(t.Context(),
			&dynamodb.PutItemInput{TableName: aws.String(name), Item: map[string]types.AttributeValue{
				"p": &types.AttributeValueMemberS{Value: "a"}, "s": &types.AttributeValueMemberN{Value: "1"},
			}})
		if err != nil {
			t.Fatal(err)
		}
		found, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(name)})
		if err != nil {
			t.Fatal(err)
		}
		if stream := found.Table.StreamSpecification; stream == nil || stream.StreamViewType != types.StreamViewTypeNewImage {
			t.Errorf("stream of the table: %+v, want new images", stream)
		}
		if mode := found.Table.BillingModeSummary; mode == nil || mode.BillingMode != types.BillingModePayPerRequest {
			t.Errorf("billing mode is %+v", mode)
		}
	})
	if _, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(name)}); err == nil {
		t.Errorf("table %s still exists after its test", name)
	}
}

func TestTableWithoutSortKey(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	name := dynamotest.Table(t, client, dynamotable.Table{Partition: declared.Partition})
	found, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(name)})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Table.KeySchema) != 1 || found.Table.StreamSpecification != nil {
		t.Errorf("table: %+v, want one key and no stream", found.Table)
	}
}

// TestTableWithIndexes: an index may share attributes with the table's key, have no sort key, or project only keys.
func TestTableWithIndexes(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	by := func(name string) dynamotable.Key { return dynamotable.Key{Name: name, Type: dynamotable.String} }
	name := dynamotest.Table(t, client, dynamotable.Table{
		Partition: declared.Partition, Sort: declared.Sort,
		Indexes: []dynamotable.Index{
			{Name: "rows", Partition: by("ip"), Sort: by("is"), Projected: []string{"ir", "iq"}},
			{Name: "shared", Partition: by("is"), Sort: declared.Sort, Projected: []string{"ir"}},
			{Name: "keys", Partition: by("kp")},
		},
	})
	found, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(name)})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, index := range found.Table.GlobalSecondaryIndexes {
		var of []string
		for _, k := range index.KeySchema {
			of = append(of, string(k.KeyType)+" "+aws.ToString(k.AttributeName))
		}
		of = append(of, string(index.Projection.ProjectionType))
		got[aws.ToString(index.IndexName)] = strings.Join(append(of, index.Projection.NonKeyAttributes...), " ")
	}
	if diff := cmp.Diff(map[string]string{
		"rows": "HASH ip RANGE is INCLUDE ir iq", "shared": "HASH is RANGE s INCLUDE ir", "keys": "HASH kp KEYS_ONLY",
	}, got); diff != "" {
		t.Errorf("indexes (-want +got):\n%s", diff)
	}
	if n := len(found.Table.AttributeDefinitions); n != 5 {
		t.Errorf("%d attributes are defined: %+v", n, found.Table.AttributeDefinitions)
	}
}
