package policy_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/annals-es/annals/local/policy"
)

const (
	role   = "arn:aws:iam::000000000000:role/Sys-Role"
	events = "arn:aws:dynamodb:us-east-1:000000000000:table/Sys-Events"
)

func parse(t *testing.T, text string) (policy.Statement, error) {
	t.Helper()
	var statement map[string]any
	if err := json.Unmarshal([]byte(text), &statement); err != nil {
		t.Fatal(err)
	}
	return policy.Parse(statement)
}

func of(t *testing.T, statements ...string) policy.Policy {
	t.Helper()
	var p policy.Policy
	for _, text := range statements {
		s, err := parse(t, text)
		if err != nil {
			t.Fatal(err)
		}
		p = append(p, s)
	}
	return p
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const (
		mayPut      = `{"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Resource": "` + events + `"}`
		mayAll      = `{"Sid": "all", "Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}`
		mayIndexes  = `{"Effect": "Allow", "Action": "dynamodb:Qu?ry", "Resource": ["` + events + `/index/*"]}`
		mayNotPut   = `{"Effect": "Deny", "Action": "dynamodb:put*", "Resource": "*"}`
		nobodyPuts  = `{"Effect": "Deny", "Action": "dynamodb:PutItem", "Resource": "*", "Principal": {"AWS": "*"}}`
		anybodyPuts = `{"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*", "Principal": "*"}`
		othersDoNot = `{"Effect": "Deny", "Action": "dynamodb:PutItem", "Resource": "*", "Principal": "*", "Condition": ` +
			`{"ArnNotEquals": {"aws:PrincipalArn": "` + role + `"}}}`
		strangersDo = `{"Effect": "Deny", "Action": "dynamodb:PutItem", "Resource": "*", "Principal": "*", "Condition": ` +
			`{"ArnNotLike": {"aws:PrincipalArn": ["arn:x", "arn:*:role/Other-*"]}}}`

		none     = " because no identity-based policy allows the dynamodb:"
		own      = " with an explicit deny in an identity-based policy"
		resource = " with an explicit deny in a resource-based policy"
	)
	for name, test := range map[string]struct {
		role, table      []string
		action, resource string
		denied           string // how the words end, "" = allowed
	}{
		"allowed":        {role: []string{mayPut}, action: "PutItem"},
		"nothing is":     {action: "PutItem", denied: none + "PutItem action"},
		"another action": {role: []string{mayPut}, action: "UpdateItem", denied: none + "UpdateItem action"},
		"another resource": {
			role: []string{mayPut}, action: "PutItem", resource: events + "2", denied: none + "PutItem action",
		},
		"a table is not its index": {
			role: []string{mayPut}, action: "GetItem", resource: events + "/index/by", denied: none + "GetItem action",
		},
		"an index":                  {role: []string{mayIndexes}, action: "Query", resource: events + "/index/by"},
		"an index is not its table": {role: []string{mayIndexes}, action: "Query", denied: none + "Query action"},
		"everything":                {role: []string{mayAll}, action: "DeleteTable"},
		"deny wins":                 {role: []string{mayAll, mayNotPut}, action: "PutItem", denied: own},
		"deny of something else":    {role: []string{mayAll, mayNotPut}, action: "GetItem"},
		"the table denies": {
			role: []string{mayAll}, table: []string{nobodyPuts}, action: "PutItem", denied: resource,
		},
		"the table denies an index, too": {
			role:     []string{mayAll},
			table:    []string{nobodyPuts},
			action:   "PutItem",
			resource: events + "/index/by",
			denied:   resource,
		},
		"the table allows":     {table: []string{anybodyPuts}, action: "PutItem"},
		"the table exempts it": {role: []string{mayPut}, table: []string{othersDoNot}, action: "PutItem"},
		"the table exempts another": {
			role: []string{mayPut}, table: []string{strangersDo}, action: "PutItem", denied: resource,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := policy.Principal{Role: role, Session: "Sys-Function", Policy: of(t, test.role...)}
			if test.resource == "" {
				test.resource = events
			}
			err := p.Check(policy.Request{Action: "dynamodb:" + test.action, Resource: test.resource}, of(t, test.table...))
			if test.denied == "" {
				if err != nil {
					t.Errorf("request that is allowed: %v, want no error", err)
				}
				return
			}
			want := "User: arn:aws:sts::000000000000:assumed-role/Sys-Role/Sys-Function is not authorized to perform: " +
				"dynamodb:" + test.action +
				" on resource: " + test.resource + test.denied
			if denied, ok := errors.AsType[*policy.DeniedError](err); !ok || denied.Error() != want {
				t.Errorf("check of the request: %v, want %s", err, want)
			}
		})
	}
}

// What would have to be left out is refused by name.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"Effect": "Allow", "NotAction": "x", "Resource": "*"}`:                                                                "NotAction is not supported locally",
		`{"Effect": "Allow", "Action": "x", "NotResource": "*"}`:                                                                "NotResource is not supported locally",
		`{"Effect": "Deny", "Action": "x", "Resource": "*", "NotPrincipal": "*"}`:                                               "NotPrincipal is not supported locally",
		`{"Effect": "Allow", "Action": "x", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}`:           "Condition: map[Bool:map[aws:SecureTransport:true]] is not supported locally",
		`{"Effect": "Allow", "Action": "x", "Resource": "*", "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "a", "b": 1}}}`: "is not supported locally: use ArnNotEquals or ArnNotLike with aws:PrincipalArn",
		`{"Effect": "Allow", "Action": "x", "Resource": "*", "Principal": {"AWS": "arn:aws:iam::1:root"}}`:                      "Principal: arn:aws:iam::1:root is not supported locally",
		`{"Effect": "Allow", "Action": "x", "Resource": "*", "Principal": {"Service": "*"}}`:                                    "Principal: <nil> is not supported locally",
		`{"Effect": "Perhaps", "Action": "x", "Resource": "*"}`:                                                                 "effect Perhaps",
		`{"Action": "x", "Resource": "*"}`:                                                                                      "the statement has no Effect, Action or Resource",
		`{"Effect": "Allow", "Resource": "*"}`:                                                                                  "the statement has no Effect, Action or Resource",
		`{"Effect": "Allow", "Action": [1], "Resource": "*"}`:                                                                   "Action: 1 is not a string",
		`{"Effect": "Allow", "Action": "x", "Resource": {}}`:                                                                    "Resource: map[] is neither a string nor a list",
	} {
		if _, err := parse(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parse %s: %v, want an error with %s", text, err, want)
		}
	}
}

func TestConcerns(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]bool{
		"dynamodb:PutItem": true, "DynamoDB:*": true, "*": true, "dynamo*:x": true, "logs:PutLogEvents": false,
		"dax:GetItem": false,
	} {
		if policy.Concerns(action, "dynamodb") != want {
			t.Errorf("action %s concerns dynamodb: %v, want %v", action, !want, want)
		}
	}
}
