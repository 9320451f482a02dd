package annalscdk

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// TestChangesOfEvents: a statement counts if it allows to change what may be the event table.
func TestChangesOfEvents(t *testing.T) {
	t.Parallel()
	arn := object{"Fn::GetAtt": list{"EventsTable", "Arn"}}
	other := object{"Fn::GetAtt": list{"OrdersTable", "Arn"}}
	joined := func(parts ...any) any { return object{"Fn::Join": list{"", parts}} }
	inArn := func(table any) any {
		return joined("arn:", ref("AWS::Partition"), ":dynamodb:", ref("AWS::Region"), ":", ref("AWS::AccountId"),
			":table/", table)
	}
	here := eventNames{id: "EventsTable", table: "Enrol-EventsTable-", patterns: true}
	elsewhere := here
	elsewhere.patterns = false
	for name, test := range map[string]struct {
		resource        any
		here, elsewhere bool
	}{
		"the table":                 {arn, true, true},
		"among others":              {list{other, arn}, true, true},
		"everything":                {"*", true, false},
		"all tables":                {"arn:aws:dynamodb:*:*:table/*", true, false},
		"all of DynamoDB":           {"arn:aws:dynamodb:*", true, false},
		"all tables of the region":  {inArn("*"), true, false},
		"all tables of the service": {"arn:aws:dynamodb:eu-west-1:123456789012:table/Enrol-*", true, false},
		"the name": {
			"arn:aws:dynamodb:eu-west-1:123456789012:table/Enrol-EventsTable-1A2B", true, true,
		},
		"the reference in an ARN": {inArn(ref("EventsTable")), true, true},
		"the ARN and more":        {joined(arn, "*"), true, true},
		"substituted":             {object{"Fn::Sub": "${EventsTable.Arn}"}, true, true},
		"substituted in an ARN": {
			object{"Fn::Sub": "arn:${AWS::Partition}:dynamodb:*:*:table/${EventsTable}"}, true, true,
		},
		"another table":                  {other, false, false},
		"another table in an ARN":        {inArn(ref("OrdersTable")), false, false},
		"another substituted":            {object{"Fn::Sub": "arn:aws:dynamodb:*:*:table/${OrdersTable}"}, false, false},
		"the stream":                     {object{"Fn::GetAtt": list{"EventsTable", "StreamArn"}}, false, false},
		"what is in a bucket":            {joined(object{"Fn::GetAtt": list{"Photos", "Arn"}}, "/*"), false, false},
		"another table's indexes":        {joined(other, "/index/*"), false, false},
		"tables of another service":      {"arn:aws:dynamodb:*:*:table/Shop-*", false, false},
		"another service of AWS, by ARN": {"arn:aws:s3:::table/*", false, false},
	} {
		document := object{"Statement": object{"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": test.resource}}
		for where, names := range map[bool]eventNames{true: here, false: elsewhere} {
			want := test.here && where || test.elsewhere && !where
			if got := names.changes([]string{overwrite}, document); len(got) > 0 != want {
				t.Errorf("%s, in the service's own stack %t: actions %v", name, where, got)
			}
		}
	}
	for want, statement := range map[string]object{
		"dynamodb:Put*":    {"Effect": "Allow", "Action": list{"dynamodb:GetItem", "dynamodb:Put*"}, "Resource": arn},
		"DynamoDB:putitem": {"Effect": "Allow", "Action": "DynamoDB:putitem", "Resource": arn},
		"*":                {"Effect": "Allow", "Action": "*", "Resource": arn},
		"dynamodb:PutItem": {"Effect": "Allow", "NotAction": "s3:*", "NotResource": other},
		"":                 {"Effect": "Deny", "Action": "*", "Resource": arn},
	} {
		for _, document := range []any{
			object{"Statement": list{statement}}, object{"Statement": statement},
			list{object{"PolicyName": "A", "PolicyDocument": object{"Statement": statement}}},
		} {
			if got := strings.Join(here.changes([]string{overwrite}, document), ","); got != want {
				t.Errorf("actions of %v that change events: %q, want %q", document, got, want)
			}
		}
	}
	for _, statement := range []object{
		{"Effect": "Allow", "NotAction": "dynamodb:*", "Resource": "*"},
		{"Effect": "Allow", "Action": "*", "NotResource": list{other, arn}},
	} {
		if got := here.changes([]string{overwrite}, object{"Statement": statement}); len(got) > 0 {
			t.Errorf("actions of %v that change events: %v, want none", statement, got)
		}
	}
}

// TestWhereGrantsAre: a grant is seen in each kind of resource, and in each stack of the app.
func TestWhereGrantsAre(t *testing.T) {
	made, _ := stackOf(t, everything(), Settings{})
	if err := made.Check(); err != nil {
		t.Fatalf("check of a stack without additions: %v", err)
	}
	arn := made.Tables["events"].TableArn()
	put := func() awsiam.PolicyStatement { return allow([]string{"dynamodb:PutItem"}, arn) }
	document := func(of awsiam.PolicyStatement) awsiam.PolicyDocument {
		return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{of}})
	}
	made.Functions[annalsaws.Command].Allow([]string{"dynamodb:PutItem"}, arn)
	awsiam.NewManagedPolicy(made.Stack, jsii.String("Managed"), &awsiam.ManagedPolicyProps{
		Document: document(allow([]string{"dynamodb:*"}, jsii.String("*"))),
	})
	there := awscdk.NewStack(awscdk.Stage_Of(made.Stack), jsii.String("There"), nil)
	awsiam.NewRole(there, jsii.String("Inline"), &awsiam.RoleProps{
		AssumedBy:      awsiam.NewAnyPrincipal(),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"Access": document(put())},
	})
	awsiam.NewUser(there, jsii.String("User"), nil).AddToPolicy(put())
	awsiam.NewRole(there, jsii.String("Administrator"), &awsiam.RoleProps{
		AssumedBy:      awsiam.NewAnyPrincipal(),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"Access": document(allow([]string{"*"}, jsii.String("*")))},
	})
	err := made.Check()
	if err == nil {
		t.Fatal("events may be changed")
	}
	for _, want := range []string{
		"Stack/CommandRole/DefaultPolicy allows dynamodb:PutItem on", "Stack/Managed allows dynamodb:* on",
		"There/Inline allows dynamodb:PutItem on", "There/User/DefaultPolicy allows dynamodb:PutItem on",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("policies that change events: %v, want an error with %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "Administrator") {
		t.Errorf("a pattern in another stack counts: %v", err)
	}
}
