package annalscdk

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamotable"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// lists and narrow are tables with indexes: a read table with both slots, and one whose index has as little as one can
// have.
var (
	lists  = annalsaws.Table{Name: "lists", Table: dynamoview.IndexedReadTable}
	narrow = annalsaws.Table{Name: "narrow", Table: dynamotable.Table{
		Partition: dynamotable.Key{Name: "p", Type: dynamotable.String},
		Indexes:   []dynamotable.Index{{Name: "by-n", Partition: dynamotable.Key{Name: "n", Type: dynamotable.Number}}},
	}}
)

// TestIndexesOfAnyKind: an index needs no sort key, and need not hold more than keys.
func TestIndexesOfAnyKind(t *testing.T) {
	t.Parallel()
	same(t, "keys alone", []*awsdynamodb.GlobalSecondaryIndexPropsV2{{
		IndexName:      jsii.String("by-n"),
		PartitionKey:   &awsdynamodb.Attribute{Name: jsii.String("n"), Type: awsdynamodb.AttributeType_NUMBER},
		ProjectionType: awsdynamodb.ProjectionType_KEYS_ONLY,
	}}, indexProps(narrow))
	slots := indexProps(lists)
	same(t, "the slots", []string{"slot1", "i1p", "i1s", "slot2", "i2p", "i2s"}, []string{
		*slots[0].IndexName, *slots[0].PartitionKey.Name, *slots[0].SortKey.Name,
		*slots[1].IndexName, *slots[1].PartitionKey.Name, *slots[1].SortKey.Name,
	})
}

// TestIndexGrants: who lists rows may be granted the indexes of their tables: the query function those of read models,
// the reactor those of timers. Who writes needs none.
func TestIndexGrants(t *testing.T) {
	t.Parallel()
	list := annals.List("GET /rooms/{id}/courses", roster, students, annals.Operators)
	readers := map[annalsaws.Function][]string{}
	for _, f := range planOf(enrol(list, reminder, annals.React("greet", courses, greet))).functions {
		for _, g := range f.grants {
			for _, table := range g.on {
				if g.indexes && len(table.Indexes) > 0 {
					readers[f.name] = append(readers[f.name], table.Name)
				}
			}
		}
	}
	same(t, "functions that read indexes, with the tables", map[annalsaws.Function][]string{
		annalsaws.Query: {"roster"}, annalsaws.Reactor: {"remind"},
	}, readers)
}

// TestCostsOfIndexes: CloudWatch counts the units of an index apart from those of its table.
func TestCostsOfIndexes(t *testing.T) {
	var got list
	for _, one := range consumers(lists, jsii.String("L")) {
		dimensions := object{}
		for name, value := range one {
			dimensions[name] = *value
		}
		got = append(got, dimensions)
	}
	same(t, "dimensions", list{
		object{"TableName": "L"},
		object{"TableName": "L", "GlobalSecondaryIndexName": "slot1"},
		object{"TableName": "L", "GlobalSecondaryIndexName": "slot2"},
	}, got)
}
