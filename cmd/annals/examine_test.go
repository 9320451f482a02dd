package main

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es/dynamotable"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// TestIndexFault: the fault names an index that can't be queried as declared, and the reason.
func TestIndexFault(t *testing.T) {
	t.Parallel()
	want := dynamoview.IndexedReadTable
	one, other := want.Indexes[0], want.Indexes[1]
	with := func(indexes ...dynamotable.Index) dynamotable.Table {
		table := dynamoview.ReadTable
		table.Indexes = indexes
		return table
	}
	number := one
	number.Sort.Type = dynamotable.Number
	keys := other
	keys.Projected = nil
	more := other
	more.Name, more.Projected = "another", []string{"x"}
	for _, test := range []struct {
		name  string
		there dynamotable.Table
		want  string
	}{
		{"as declared", want, ""},
		{"in another order, with one more", with(more, other, one), ""},
		{"none", dynamoview.ReadTable, "has no index slot1"},
		{"one of two", with(one), "has no index slot2"},
		{"a key of another type", with(number, other), "has other keys in its index slot1"},
		{"no row in it", with(one, keys), "has other attributes in its index slot2"},
	} {
		got := described(t, test.there)
		if fault := indexFault(want, got); fault != test.want {
			t.Errorf("%s: the fault of the index is %q, want %q", test.name, fault, test.want)
		}
		if fault := indexFault(dynamoview.ReadTable, got); fault != "" || !sameKeys(dynamoview.ReadTable, got) {
			t.Errorf("%s, where none is declared: %q", test.name, fault)
		}
	}
	young := described(t, want)
	young.GlobalSecondaryIndexes[0].IndexStatus = types.IndexStatusCreating
	young.GlobalSecondaryIndexes[1].IndexStatus = types.IndexStatusCreating
	if fault := indexFault(want, young); fault != "has an index slot1 that is CREATING" {
		t.Errorf("while it is made: %q", fault)
	}
}

// described is the description of a table by DynamoDB.
func described(t *testing.T, declared dynamotable.Table) *types.TableDescription {
	t.Helper()
	client := dynamotest.Client(t)
	out, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{
		TableName: aws.String(dynamotest.Table(t, client, declared)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Table
}
