package annalscdk

import (
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/jsii-runtime-go"
	"github.com/aws/smithy-go"

	"github.com/annals-es/annals/local/access"
	ensured "github.com/annals-es/annals/local/tables"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamotable"
	"github.com/annals-es/annals/pkg/es/dynamotest"
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

// synthesizeIndexed makes a stack of these tables, and of the roles of who queries their indexes and who does not.
func synthesizeIndexed(dir string) assembly {
	context, err := newContext("../../../cdk.json", "")
	if err != nil {
		panic(err)
	}
	out, err := os.MkdirTemp(dir, "cdk.out.")
	if err != nil {
		panic(err)
	}
	app := newApp(context, out)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)
	stored := storedTables{}
	for _, table := range []annalsaws.Table{lists, narrow} {
		stored[table.Name] = newDerivedTable(stack, config{}, nil, table)
	}
	for _, f := range []function{
		{name: "reader", grants: []grant{
			{on: []annalsaws.Table{lists, narrow}, actions: []string{"dynamodb:GetItem", "dynamodb:Query"}, indexes: true},
		}},
		{name: "writer", grants: []grant{
			{on: []annalsaws.Table{lists}, actions: []string{"dynamodb:PutItem", "dynamodb:Query"}},
		}},
	} {
		role := newRole(stack, f, resources{tables: stored}, newLogGroup(stack, f))
		named(awslambda.NewFunction(stack, jsii.String(pascal(f.name)+"Function"), &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_PROVIDED_AL2023(),
			Handler: jsii.String("bootstrap"),
			Code:    awslambda.Code_FromAsset(jsii.String(filepath.Join(dir, "build", "arm64", query.name)), nil), // any will do
			Role:    role,
		}))
	}
	app.Synth(nil)
	return readAssembly(out)
}

func TestIndexes(t *testing.T) {
	defined := func(name, of string) object { return object{"AttributeName": name, "AttributeType": of} }
	hash := func(name string) object { return object{"AttributeName": name, "KeyType": "HASH"} }
	slot := func(name, number string) object {
		return object{
			"IndexName":  name,
			"KeySchema":  list{hash("i" + number + "p"), object{"AttributeName": "i" + number + "s", "KeyType": "RANGE"}},
			"Projection": object{"ProjectionType": "INCLUDE", "NonKeyAttributes": list{"i" + number + "r"}},
		}
	}
	table := indexed.resource(t, "ListsTable", "AWS::DynamoDB::GlobalTable")
	same(t, "the slots", any(list{slot("slot1", "1"), slot("slot2", "2")}), table.Properties["GlobalSecondaryIndexes"])
	same(t, "attributes", any(list{
		defined("pk", "S"), defined("sk", "S"),
		defined("i1p", "S"), defined("i1s", "S"), defined("i2p", "S"), defined("i2s", "S"),
	}), table.Properties["AttributeDefinitions"])
	// Of an index, too, the keys are named that are throttled.
	watched := object{"Enabled": true, "Mode": "THROTTLED_KEYS"}
	same(t, "in the region", any(list{
		object{"IndexName": "slot1", "ContributorInsightsSpecification": watched},
		object{"IndexName": "slot2", "ContributorInsightsSpecification": watched},
	}), replicaOf(table)["GlobalSecondaryIndexes"])
	same(t, "keys alone", any(list{
		object{"IndexName": "by-n", "KeySchema": list{hash("n")}, "Projection": object{"ProjectionType": "KEYS_ONLY"}},
	}), indexed.resource(t, "NarrowTable", "AWS::DynamoDB::GlobalTable").Properties["GlobalSecondaryIndexes"])
}

// TestIndexesAreExtracted: a change of an index is seen in review.
func TestIndexesAreExtracted(t *testing.T) {
	lines := tableLines(indexed)
	for id, want := range map[string]string{
		"ListsTable":  "; index slot1: HASH i1p S RANGE i1s S INCLUDE i1r; index slot2: HASH i2p S RANGE i2s S INCLUDE i2r",
		"NarrowTable": "; index by-n: HASH n N KEYS_ONLY",
	} {
		if !strings.HasSuffix(lines[id], want) {
			t.Errorf("%s is %q, want it to end in %q", id, lines[id], want)
		}
	}
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

// Who reads a table may be granted its indexes; who writes it needs none.
func TestIndexGrants(t *testing.T) {
	of := func(table, index string) string {
		return fmt.Sprint(object{"Fn::Join": list{"", list{getAtt(table, "Arn"), "/index/" + index}}})
	}
	logs := []string{"logs:CreateLogStream", "logs:PutLogEvents"}
	same(t, "who reads", grants{
		"ListsTable.Arn":          {"dynamodb:GetItem", "dynamodb:Query"},
		"NarrowTable.Arn":         {"dynamodb:GetItem", "dynamodb:Query"},
		of("ListsTable", "slot1"): {"dynamodb:Query"},
		of("ListsTable", "slot2"): {"dynamodb:Query"},
		of("NarrowTable", "by-n"): {"dynamodb:Query"},
		"ReaderLogs.Arn":          logs,
	}, grantsOf(t, indexed.resource(t, "ReaderRole", "AWS::IAM::Role")))
	same(t, "who writes", grants{
		"ListsTable.Arn": {"dynamodb:PutItem", "dynamodb:Query"}, "WriterLogs.Arn": logs,
	}, grantsOf(t, indexed.resource(t, "WriterRole", "AWS::IAM::Role")))
	var readers []string
	for _, f := range functions {
		if slices.ContainsFunc(f.grants, func(g grant) bool { return g.indexes }) {
			readers = append(readers, f.name)
		}
	}
	same(t, "functions that read indexes", []string{"query"}, readers)
}

// TestIndexesOnDynamoDB: the local runner takes the template's indexes over, and asks for the same rights as AWS.
func TestIndexesOnDynamoDB(t *testing.T) {
	ctx, system := t.Context(), asRun(t, indexed)
	database := dynamotest.Endpoint(t)
	if _, err := ensured.Ensure(ctx, ensured.NewClient(database), system.Tables); err != nil {
		t.Fatal(err)
	}
	backend, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(access.New(system).DynamoDB(backend))
	defer server.Close()
	table := nameOf(t, system, "ListsTable")
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	if _, err := as("WriterFunction", server.URL).PutItem(ctx, &dynamodb.PutItemInput{
		TableName: table, Item: map[string]types.AttributeValue{
			"pk": text("a"), "sk": text("a"), "data": text("a"), "i2p": text("all"), "i2s": text("1"), "i2r": text("row"),
		},
	}); err != nil {
		t.Fatal(err)
	}
	ask := func(function, index string) ([]string, error) {
		out, err := as(function, server.URL).Query(ctx, &dynamodb.QueryInput{
			TableName: table, IndexName: &index, KeyConditionExpression: aws.String("i2p = :p"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":p": text("all")},
		})
		if err != nil || len(out.Items) != 1 {
			return nil, err
		}
		return slices.Sorted(maps.Keys(out.Items[0])), nil
	}
	held, err := ask("ReaderFunction", "slot2")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "what the index holds", []string{"i2p", "i2r", "i2s", "pk", "sk"}, held)
	for function, index := range map[string]string{"WriterFunction": "slot2", "ReaderFunction": "slot3"} {
		_, err := ask(function, index)
		e, ok := errors.AsType[smithy.APIError](err)
		denied := "dynamodb:Query on resource: " + tableNamed(t, system, "ListsTable").ARN + "/index/" + index
		if !ok || e.ErrorCode() != "AccessDeniedException" || !strings.Contains(e.ErrorMessage(), denied) {
			t.Errorf("%s queries %s: %v", function, index, err)
		}
	}
}
