package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/annals-es/annals/local/policy"
	"github.com/annals-es/annals/local/template"
)

// call holds the fields of a DynamoDB request that decide which permissions it needs.
type call struct {
	TableName, IndexName string
	ResourceArn          string
	TableArn             string
	// RequestItems are the requests of a batch, by table.
	RequestItems map[string]json.RawMessage
	// TransactItems are the parts of a transaction. The key is Put, Update, Delete, ConditionCheck or Get.
	TransactItems []map[string]struct{ TableName string }
	// PartiQL statements, of ExecuteStatement, BatchExecuteStatement and ExecuteTransaction.
	Statement          string
	Statements         []struct{ Statement string }
	TransactStatements []struct{ Statement string }
}

// ofTransaction maps the parts of a transaction to IAM actions: a transaction has no action of its own.
var ofTransaction = map[string]string{
	"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem",
	"Get": "GetItem",
}

// requestsOf returns the IAM actions and resources that an operation needs:
//
//   - a transaction: the action of each part
//   - a batch: its own action, on each table, whatever the parts do
//   - PartiQL: an action for each kind of statement
//   - a query or scan of an index: its action on the index, not on the table
//   - anything else: the action of the same name, on the table or other resource in the request, or on *
func requestsOf(operation string, body []byte) ([]policy.Request, error) {
	var in call
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("the request is not a DynamoDB request in JSON: %w", err)
	}
	var all []policy.Request
	add := func(action, resource string) {
		all = append(all, policy.Request{Action: "dynamodb:" + action, Resource: resource})
	}
	switch operation {
	case "TransactWriteItems", "TransactGetItems":
		for _, part := range in.TransactItems {
			for _, kind := range slices.Sorted(maps.Keys(part)) {
				if ofTransaction[kind] == "" {
					return nil, fmt.Errorf("the transaction has an item of the unknown kind %q", kind)
				}
				add(ofTransaction[kind], arn(part[kind].TableName))
			}
		}
	case "BatchGetItem", "BatchWriteItem":
		for _, table := range slices.Sorted(maps.Keys(in.RequestItems)) {
			add(operation, arn(table))
		}
	case "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction":
		for _, statement := range in.statements() {
			action, table, err := partiQL(statement)
			if err != nil {
				return nil, err
			}
			add(action, arn(table))
		}
	default:
		add(operation, in.resource())
	}
	if len(all) == 0 {
		return nil, errors.New("the request names no table")
	}
	return all, nil
}

// resource returns the resource of a call that names at most one.
func (in call) resource() string {
	switch {
	case in.IndexName != "":
		return arn(in.TableName) + "/index/" + in.IndexName
	case in.TableName != "":
		return arn(in.TableName)
	case in.ResourceArn != "":
		return in.ResourceArn
	case in.TableArn != "":
		return in.TableArn
	}
	return "*"
}

// arn returns a table's ARN. The argument is the table's name or its ARN.
func arn(table string) string {
	if strings.HasPrefix(table, "arn:") {
		return table
	}
	if name, index, ok := strings.Cut(table, "/index/"); ok {
		return template.TableARN(name) + "/index/" + index
	}
	return template.TableARN(table)
}

func (in call) statements() []string {
	all := []string{}
	if in.Statement != "" {
		all = append(all, in.Statement)
	}
	for _, s := range slices.Concat(in.Statements, in.TransactStatements) {
		all = append(all, s.Statement)
	}
	return all
}

// statementPattern finds the verb and the table of a PartiQL statement, with its index: SELECT … FROM "t"."i".
var statementPattern = regexp.MustCompile(
	`(?is)^\s*(?:exists\s*\(\s*)?(?:(select)\b.*?\bfrom|(insert)\s+into|(update)|(delete)\s+from)\s+` +
		`("[^"]+"|[\w.-]+)(?:\."([^"]+)")?`)

func partiQL(statement string) (action, table string, err error) {
	found := statementPattern.FindStringSubmatch(statement)
	if found == nil {
		return "", "", errors.New("the PartiQL statement is not supported locally: " +
			"use SELECT … FROM, INSERT INTO, UPDATE or DELETE FROM")
	}
	verb := strings.ToLower(found[1] + found[2] + found[3] + found[4])
	action = "PartiQL" + strings.ToUpper(verb[:1]) + verb[1:]
	table = strings.Trim(found[5], `"`)
	if found[6] != "" {
		table += "/index/" + found[6]
	}
	return action, table, nil
}
