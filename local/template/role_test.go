package template_test

import (
	"strings"
	"testing"

	"github.com/annals-es/annals/local/policy"
)

// roles is a function with a role, and a table with a policy.
const roles = `{
	"Resources": {
		"Events": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {
			"KeySchema": [{"AttributeName": "stream", "KeyType": "HASH"}],
			"AttributeDefinitions": [{"AttributeName": "stream", "AttributeType": "S"}],
			"StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
			"Replicas": [
				{"Region": "eu-west-1"},
				{"Region": {"Ref": "AWS::Region"}, "SSESpecification": {"KMSMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
				 "ResourcePolicy": {"PolicyDocument": {"Statement": {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:DeleteItem", "Resource": "*"}}}}
			]
		}},
		"Key": {"Type": "AWS::KMS::Key", "Properties": {}},
		"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}},
		"Worker": {"Type": "AWS::Lambda::Function", "Properties": {
			"Code": {"S3Key": "abc.zip"}, "Runtime": "provided.al2023", "Role": {"Fn::GetAtt": ["Role", "Arn"]}
		}},
		"Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": [
			{"Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:DeleteItem"], "Resource": [
				{"Fn::GetAtt": ["Events", "Arn"]}, {"Fn::Join": ["", [{"Fn::GetAtt": ["Events", "Arn"]}, "/index/*"]]}]},
			{"Effect": "Allow", "Action": "sns:Publish", "Resource": {"Fn::GetAtt": ["Topic", "TopicArn"]}, "Condition": {"Bool": {}}}
		]}}]}},
		"OtherPolicy": {"Type": "AWS::IAM::Policy", "Properties": {"Roles": ["somebody"]}}
	}
}`

func TestPolicies(t *testing.T) {
	t.Parallel()
	system, err := read(t, roles)
	if err != nil {
		t.Fatal(err)
	}
	worker, events := system.Functions[0].Principal, system.Tables[0]
	for r, want := range map[policy.Request]string{
		{Action: "dynamodb:PutItem", Resource: events.ARN}:               "",
		{Action: "dynamodb:PutItem", Resource: events.ARN + "/index/by"}: "",
		{Action: "dynamodb:GetItem", Resource: events.ARN}:               "no identity-based policy allows",
		{Action: "dynamodb:DeleteItem", Resource: events.ARN}:            "explicit deny in a resource-based policy",
	} {
		err := worker.Check(r, events.Policy)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s on %s: %v, want %q", r.Action, r.Resource, err, want)
		}
	}
}

// What is not evaluated would make a role seem to allow more, or less, than on AWS.
func TestPoliciesNotEvaluated(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, from, to, want string }{
		{"foreign role", `{"Fn::GetAtt": ["Role", "Arn"]}`, `"arn:aws:iam::000000000000:role/x"`, `Worker (AWS::Lambda::Function): its role "arn:aws:iam::000000000000:role/x" is not in this template`},
		{"managed policy", `"Policies": [`, `"ManagedPolicyArns": ["x"], "Policies": [`, "its role Role has ManagedPolicyArns, which is not evaluated here"},
		{"boundary", `"Policies": [`, `"PermissionsBoundary": "x", "Policies": [`, "its role Role has PermissionsBoundary"},
		{"policy beside the role", `"somebody"`, `{"Ref": "Role"}`, "its role Role has more policies than its own, OtherPolicy (AWS::IAM::Policy)"},
		{"rest of a policy", `"Roles": ["somebody"]`, `"RoleName": {"Ref": "Role"}`, "OtherPolicy (AWS::IAM::Policy)"},
		{"action", `"Action": ["dynamodb:PutItem", "dynamodb:DeleteItem"]`, `"NotAction": "x"`, "its role Role: NotAction is not evaluated here"},
		{"condition", `"Action": ["dynamodb:PutItem"`, `"Condition": {"StringEquals": {}}, "Action": ["dynamodb:PutItem"`, "its role Role: Condition: "},
		{"resource", `["Events", "Arn"]}, {"Fn::Join"`, `["Events", "Nothing"]}, {"Fn::Join"`, "its role Role: Resource: [0]: Fn::GetAtt of Events.Nothing"},
		{"no statement", `{"Effect": "Allow", "Action": "sns:Publish"`, `7, {"Effect": "Allow", "Action": "sns:Publish"`, "its role Role: a statement without Effect"},
		{"elsewhere", `{"Region": {"Ref": "AWS::Region"}`, `{"Region": "eu-west-3"`, "Events (AWS::DynamoDB::GlobalTable): none of its replicas is in us-east-1"},
		{"table's principal", `"Principal": "*"`, `"Principal": {"AWS": "x"}`, "Events (AWS::DynamoDB::GlobalTable): ResourcePolicy: Principal: x is not evaluated here"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(roles, test.from) {
				t.Fatalf("the template lacks %s", test.from)
			}
			if _, err := read(t, strings.Replace(roles, test.from, test.to, 1)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %s", err, test.want)
			}
		})
	}
}
