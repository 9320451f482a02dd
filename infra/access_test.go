package main

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/annals-es/annals/local/access"
	"github.com/annals-es/annals/local/policy"
	"github.com/annals-es/annals/local/tables"
	"github.com/annals-es/annals/local/template"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// asRun returns the template in the form in which the local runner reads it.
func asRun(t *testing.T, of assembly) *template.System {
	t.Helper()
	read, err := template.Read(of.dir, template.Options{Secret: func(string) (string, error) { return "secret", nil }})
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func tableNamed(t *testing.T, system *template.System, id string) template.Table {
	t.Helper()
	i := slices.IndexFunc(system.Tables, func(table template.Table) bool { return table.ID == id })
	if i < 0 {
		t.Fatalf("table %s is missing", id)
	}
	return system.Tables[i]
}

func nameOf(t *testing.T, system *template.System, id string) *string {
	t.Helper()
	name := tableNamed(t, system, id).Name
	return &name
}

// changes are all actions that change or remove a stored event, or the event table.
var changes = []string{
	"UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete", "UpdateTimeToLive",
	"DeleteTable",
}

// No function may change stored events. Neither may a principal that is allowed everything: an administrator, or a role
// that is added later.
func TestNobodyChangesEvents(t *testing.T) {
	everything, err := policy.Parse(object{"Effect": "Allow", "Action": "*", "Resource": "*"})
	if err != nil {
		t.Fatal(err)
	}
	for name, stack := range map[string]assembly{"default": arm64, "prod": prod, "chosen": chosen, "copied": copied} {
		system := asRun(t, stack)
		events := tableNamed(t, system, "EventsTable")
		admin := policy.Principal{Role: "arn:aws:iam::000000000000:role/Admin", Policy: policy.Policy{everything}}
		for _, change := range changes {
			for _, resource := range []string{events.ARN, events.ARN + "/index/any"} {
				request := policy.Request{Action: "dynamodb:" + change, Resource: resource}
				if err := admin.Check(request, events.Policy); err == nil ||
					!strings.Contains(err.Error(), "explicit deny in a resource-based policy") {
					t.Errorf("%s: a principal with all rights may %s: %v, want it denied", name, change, err)
				}
				for _, f := range system.Functions {
					// The role itself already denies it.
					if err := f.Principal.Check(request, nil); err == nil {
						t.Errorf("%s: the role of %s allows %s", name, f.ID, change)
					}
				}
			}
		}
		// Deploying and appending stay possible.
		for _, allowed := range []string{
			"PutItem", "Query", "PutResourcePolicy", "DeleteResourcePolicy", "UpdateTable", "UpdateContinuousBackups",
		} {
			if err := admin.Check(policy.Request{Action: "dynamodb:" + allowed, Resource: events.ARN},
				events.Policy); err != nil {
				t.Errorf("%s: check an allowed action: %v", name, err)
			}
		}
	}
	events := tableNamed(t, asRun(t, chosen), "EventsTable")
	emergency := policy.Principal{Role: breakGlass, Policy: policy.Policy{everything}}
	if err := emergency.Check(policy.Request{Action: "dynamodb:DeleteItem", Resource: events.ARN},
		events.Policy); err != nil {
		t.Errorf("in an emergency: %v", err)
	}
}

// as returns a function's client, for a real database with the template's tables.
func as(key, endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: &endpoint, Region: template.Region, Credentials: credentials.NewStaticCredentialsProvider(key, "x", ""),
	})
}

func TestAccessOnDynamoDB(t *testing.T) {
	ctx, system := t.Context(), asRun(t, arm64)
	database := dynamotest.Endpoint(t)
	if _, err := tables.Ensure(ctx, tables.NewClient(database), system.Tables); err != nil {
		t.Fatal(err)
	}
	backend, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(access.New(system).DynamoDB(backend))
	defer server.Close()

	events, accounts := nameOf(t, system, "EventsTable"), nameOf(t, system, "AccountsTable")
	catalog, socketRows := nameOf(t, system, "ProductCatalogTable"), nameOf(t, system, "ConnectionsTable")
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	event := map[string]types.AttributeValue{
		"stream": text("Account#a"), "version": &types.AttributeValueMemberN{Value: "1"},
	}
	row := map[string]types.AttributeValue{"pk": text("a"), "sk": text("a")}
	put := func(table *string, item map[string]types.AttributeValue) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{TableName: table, Item: item}}
	}
	transact := func(c *dynamodb.Client, items ...types.TransactWriteItem) error {
		_, err := c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
		return err
	}
	query := func(c *dynamodb.Client, table, index *string, key string) error {
		_, err := c.Query(ctx, &dynamodb.QueryInput{
			TableName: table, IndexName: index, KeyConditionExpression: aws.String("#k = :k"),
			ExpressionAttributeNames:  map[string]string{"#k": key},
			ExpressionAttributeValues: map[string]types.AttributeValue{":k": text("a")},
		})
		return err
	}
	partiQL := func(c *dynamodb.Client, statement string) error {
		_, err := c.ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{Statement: &statement})
		return err
	}
	for _, test := range []struct {
		name, function string
		do             func(*dynamodb.Client) error
		denied         string // action and table, "" = allowed
	}{
		{"an event is appended", "command", func(c *dynamodb.Client) error {
			_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: events, Item: event})
			return err
		}, ""},
		{
			"with a row, in a transaction", "command",
			func(c *dynamodb.Client) error { return transact(c, put(events, event), put(catalog, row)) }, "",
		},
		{"and read", "command", func(c *dynamodb.Client) error { return query(c, events, nil, "stream") }, ""},
		{"an event is updated", "command", func(c *dynamodb.Client) error {
			_, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: events, Key: event})
			return err
		}, "UpdateItem EventsTable"},
		{"an event is deleted", "command", func(c *dynamodb.Client) error {
			_, err := c.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: events, Key: event})
			return err
		}, "DeleteItem EventsTable"},
		{"events are written as a batch", "command", func(c *dynamodb.Client) error {
			_, err := c.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{
				*events: {{DeleteRequest: &types.DeleteRequest{Key: event}}},
			}})
			return err
		}, "BatchWriteItem EventsTable"},
		{"one item of a transaction is an update", "command", func(c *dynamodb.Client) error {
			return transact(c, put(catalog, row), types.TransactWriteItem{Update: &types.Update{
				TableName: events, Key: event, UpdateExpression: aws.String("REMOVE x"),
			}})
		}, "UpdateItem EventsTable"},
		{"one item of a transaction is in another table", "command", func(c *dynamodb.Client) error {
			return transact(c, put(events, event), put(accounts, row))
		}, "PutItem AccountsTable"},
		{"a table that it does not know", "command", func(c *dynamodb.Client) error {
			_, err := c.GetItem(ctx, &dynamodb.GetItemInput{TableName: socketRows, Key: row})
			return err
		}, "GetItem ConnectionsTable"},
		{
			"an index", "query", func(c *dynamodb.Client) error { return query(c, accounts, aws.String("by"), "pk") },
			"Query AccountsTable/index/by",
		},
		{"an event by PartiQL", "command", func(c *dynamodb.Client) error {
			return partiQL(c, `UPDATE "`+*events+`" SET x = 1 WHERE stream = 'Account#a' AND version = 1`)
		}, "PartiQLUpdate EventsTable"},
		{"the table's end", "projector", func(c *dynamodb.Client) error {
			_, err := c.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: events})
			return err
		}, "DeleteTable EventsTable"},
		{"a row is read", "query", func(c *dynamodb.Client) error { return query(c, accounts, nil, "pk") }, ""},
		{"who reads writes", "query", func(c *dynamodb.Client) error {
			_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: accounts, Item: row})
			return err
		}, "PutItem AccountsTable"},
		{"many are read at once", "query", func(c *dynamodb.Client) error {
			_, err := c.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
				RequestItems: map[string]types.KeysAndAttributes{*accounts: {Keys: []map[string]types.AttributeValue{row}}},
			})
			return err
		}, "BatchGetItem AccountsTable"},
		{"rows are written as a batch", "rebuilder", func(c *dynamodb.Client) error {
			_, err := c.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{
				*accounts: {{DeleteRequest: &types.DeleteRequest{Key: row}}},
			}})
			return err
		}, ""},
	} {
		err := test.do(as(pascal(test.function)+"Function", server.URL))
		checkDenied(t, test.name, test.function, test.denied, err)
	}
	stranger := query(as("SomebodyElse", server.URL), events, nil, "stream")
	if e, ok := errors.AsType[smithy.APIError](stranger); !ok || e.ErrorCode() != "UnrecognizedClientException" {
		t.Errorf("request with an unknown access key: %v, want UnrecognizedClientException", stranger)
	}
}

func checkDenied(t *testing.T, name, function, denied string, err error) {
	t.Helper()
	if denied == "" {
		if err != nil {
			t.Errorf("%s, by the role of %s: %v, want no error", name, function, err)
		}
		return
	}
	action, table, _ := strings.Cut(denied, " ")
	want := "User: arn:aws:sts::000000000000:assumed-role/Shop-" + pascal(function) + "Role/Shop-" + pascal(function) +
		"Function is not authorized to perform: dynamodb:" + action +
		" on resource: arn:aws:dynamodb:us-east-1:000000000000:table/Shop-" + table
	if !strings.Contains(table, "Events") || !slices.Contains(changes, action) {
		want += " because no identity-based policy allows the dynamodb:" + action + " action"
	} else {
		want += " with an explicit deny in a resource-based policy"
	}
	if e, ok := errors.AsType[smithy.APIError](err); !ok || e.ErrorCode() != "AccessDeniedException" ||
		e.ErrorMessage() != want {
		t.Errorf("%s, by %s: %v, want %s", name, function, err, want)
	}
}
