package policy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/annals-es/annals/local/policy"
)

const scheduler = "scheduler.amazonaws.com"

func trust(t *testing.T, text string) (policy.Trust, error) {
	t.Helper()
	var statements []map[string]any
	if err := json.Unmarshal([]byte("["+text+"]"), &statements); err != nil {
		t.Fatal(err)
	}
	return policy.ParseTrust(statements, scheduler)
}

func TestTrust(t *testing.T) {
	t.Parallel()
	const (
		group     = "arn:aws:scheduler:us-east-1:1:schedule-group/G"
		plain     = `{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "scheduler.amazonaws.com"}`
		lambda    = `{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}`
		condition = plain + `, "Condition": `
	)
	for text, want := range map[string]bool{
		"":          false,
		lambda:      false,
		plain + "}": true,
		`{"Effect": "Allow", "Action": ["sts:*"], "Principal": {"Service": ["a", "scheduler.amazonaws.com"]}}`: true,
		`{"Effect": "Allow", "Action": "sts:TagSession", "Principal": {"Service": "scheduler.amazonaws.com"}}`: false,
		`{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}`:                                    false,
		condition + `{"StringEquals": {"aws:SourceAccount": "1"}}}`:                                            true,
		condition + `{"StringEquals": {"aws:SourceAccount": "2"}}}`:                                            false,
		condition + `{"StringEquals": {"aws:SourceAccount": []}}}`:                                             false,
		condition + `{"ArnLike": {"aws:SourceArn": "arn:*:schedule-group/G"}}}`:                                true,
		condition + `{"ArnEquals": {"aws:SourceArn": ["x", "` + group + `"]}}}`:                                true,
		condition + `{"StringEquals": {"AWS:SourceAccount": "1"}, "StringLike": {"aws:SourceArn": "*/H"}}}`:    false,
		condition + `{"StringEquals": {"aws:SourceAccount": "2"}}}, ` + plain + "}":                            true,
	} {
		parsed, err := trust(t, text)
		if err != nil {
			t.Errorf("parse %s: %v", text, err)
		} else if got := parsed.Allows("1", group); got != want {
			t.Errorf("%s lets the scheduler assume the role: %v, want %v", text, got, want)
		}
	}
	for text, want := range map[string]string{
		`{"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": {"Service": "scheduler.amazonaws.com"}}`: "effect Deny",
		condition + `1}`: "the condition is not an object",
		condition + `{"Bool": {"aws:SecureTransport": "true"}}}`:         "the condition Bool of aws:SecureTransport is not",
		condition + `{"StringNotEquals": {"aws:SourceAccount": "1"}}}`:   "StringNotEquals of aws:SourceAccount is not",
		condition + `{"StringEquals": {"aws:SourceAccount": {"a": 1}}}}`: "is neither a string nor a list of strings",
	} {
		if _, err := trust(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parse %s: %v, want an error with %s", text, err, want)
		}
	}
}

// A role may be passed to the services that a condition names.
func TestPassRole(t *testing.T) {
	t.Parallel()
	const pass = `{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"`
	for text, want := range map[string]bool{
		pass + "}": true,
		pass + `, "Condition": {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}}`:        true,
		pass + `, "Condition": {"StringEquals": {"iam:PassedToService": ["a", "scheduler.amazonaws.com"]}}}`: true,
		pass + `, "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}`:           false,
	} {
		p := policy.Principal{Role: role, Policy: of(t, text)}
		err := p.Check(policy.Request{Action: "iam:PassRole", Resource: "arn:x", PassedTo: scheduler}, nil)
		if (err == nil) != want {
			t.Errorf("pass a role to the scheduler with %s: %v, want it allowed: %v", text, err, want)
		}
	}
}
