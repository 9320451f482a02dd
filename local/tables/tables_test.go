package tables_test

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/local/tables"
	"github.com/annals-es/annals/local/template"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// declare returns tables as a template declares them, with names that no other test uses.
func declare() []template.Table {
	key := func(hash, sort string) []template.KeyElement {
		return []template.KeyElement{{AttributeName: hash, KeyType: "HASH"}, {AttributeName: sort, KeyType: "RANGE"}}
	}
	index := template.Index{IndexName: "by-c", KeySchema: key("c", "b")}
	index.Projection.ProjectionType = "INCLUDE"
	index.Projection.NonKeyAttributes = []string{"d"}
	rows := template.Table{ID: "Rows", Name: "rows-" + rand.Text(), TableProperties: template.TableProperties{
		KeySchema: key("a", "b"),
		AttributeDefinitions: []template.AttributeDefinition{
			{AttributeName: "a", AttributeType: "S"}, {AttributeName: "b", AttributeType: "N"},
			{AttributeName: "c", AttributeType: "B"},
		},
		GlobalSecondaryIndexes: []template.Index{index},
		TimeToLiveSpecification: &struct {
			AttributeName string
			Enabled       bool
		}{"until", true},
	}}
	events := template.Table{ID: "Events", Name: "events-" + rand.Text(), TableProperties: template.TableProperties{
		KeySchema:            key("a", "b"),
		AttributeDefinitions: rows.AttributeDefinitions[:2],
		StreamSpecification:  &struct{ StreamViewType string }{"NEW_IMAGE"},
	}}
	return []template.Table{rows, events}
}

func TestEnsureMakesThemOnce(t *testing.T) {
	t.Parallel()
	db, declared := tables.NewClient(dynamotest.Endpoint(t)), declare()
	first, err := tables.Ensure(t.Context(), db, declared)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != 1 || !strings.Contains(first["Events"], declared[1].Name+"/stream/") {
		t.Errorf("streams: %v, want that of Events", first)
	}
	again, err := tables.Ensure(t.Context(), db, declared)
	if err != nil || again["Events"] != first["Events"] {
		t.Errorf("the second time: %v, %v", again, err)
	}
	made, err := db.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(declared[0].Name)})
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range made.Table.GlobalSecondaryIndexes {
		holds := index.Projection
		if holds.ProjectionType != types.ProjectionTypeInclude || !slices.Equal(holds.NonKeyAttributes, []string{"d"}) {
			t.Errorf("the index holds %+v", holds)
		}
	}
	if n := len(made.Table.GlobalSecondaryIndexes); n != 1 {
		t.Errorf("%d indexes, want 1", n)
	}
	ttl, err := db.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{
		TableName: aws.String(declared[0].Name),
	})
	if err != nil || aws.ToString(ttl.TimeToLiveDescription.AttributeName) != "until" {
		t.Errorf("time to live %+v, %v", ttl, err)
	}
	if err := tables.Drop(t.Context(), db, declared); err != nil {
		t.Fatal(err)
	}
	if err := tables.Drop(t.Context(), db, declared); err != nil {
		t.Errorf("drop tables that do not exist: %v", err)
	}
	fresh, err := tables.Ensure(t.Context(), db, declared)
	if err != nil || fresh["Events"] == first["Events"] {
		t.Errorf("streams after the tables were dropped: %v, %v, want another one of Events", fresh, err)
	}
}

func TestAnotherDeclarationIsAnError(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, want string
		change     func(rows, events *template.Table)
	}{
		{"no sort key", "another key", func(_, events *template.Table) {
			events.KeySchema = events.KeySchema[:1]
			events.AttributeDefinitions = events.AttributeDefinitions[:1]
		}},
		{"no index", "another set of indexes", func(rows, _ *template.Table) {
			rows.GlobalSecondaryIndexes = nil
			rows.AttributeDefinitions = rows.AttributeDefinitions[:2]
		}},
		{"one index more", "another set of indexes", func(rows, _ *template.Table) {
			more := rows.GlobalSecondaryIndexes[0]
			more.IndexName = "by-c-too"
			rows.GlobalSecondaryIndexes = append(rows.GlobalSecondaryIndexes, more)
		}},
		{"an index by another key", "another set of indexes", func(rows, _ *template.Table) {
			rows.GlobalSecondaryIndexes[0].KeySchema = rows.GlobalSecondaryIndexes[0].KeySchema[:1]
		}},
		{"an index that holds another attribute", "another set of indexes", func(rows, _ *template.Table) {
			rows.GlobalSecondaryIndexes[0].Projection.NonKeyAttributes = []string{"e"}
		}},
		{"an index that holds all", "another set of indexes", func(rows, _ *template.Table) {
			rows.GlobalSecondaryIndexes[0].Projection.ProjectionType = "ALL"
			rows.GlobalSecondaryIndexes[0].Projection.NonKeyAttributes = nil
		}},
		{"no stream", "another stream", func(_, events *template.Table) { events.StreamSpecification = nil }},
	} {
		db, declared := tables.NewClient(dynamotest.Endpoint(t)), declare()
		if _, err := tables.Ensure(t.Context(), db, declared); err != nil {
			t.Fatal(err)
		}
		test.change(&declared[0], &declared[1])
		_, err := tables.Ensure(t.Context(), db, declared)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "FRESH=1") {
			t.Errorf("%s: %v, want an error with %s and FRESH=1", test.name, err, test.want)
		}
	}
	db, declared := tables.NewClient(dynamotest.Endpoint(t)), declare()
	if _, err := tables.Ensure(t.Context(), db, declared); err != nil {
		t.Fatal(err)
	}
	declared[1].AttributeDefinitions = []template.AttributeDefinition{
		{AttributeName: "a", AttributeType: "S"}, {AttributeName: "b", AttributeType: "S"},
	}
	if _, err := tables.Ensure(t.Context(), db, declared); err == nil {
		t.Error("table with a sort key of another type: no error")
	}
}
