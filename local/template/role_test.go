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
				 "ResourcePolicy": {"PolicyDocument": {"Statement": {"Effect": "Deny", "Principal": "*",
					"Action": "dynamodb:DeleteItem", "Resource": "*"}}}}
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
			{"Effect": "Allow", "Action": "sns:Publish", "Resource": {"Fn::GetAtt": ["Topic", "TopicArn"]},
				"Condition": {"Bool": {}}}
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

// What is not evaluated is named, and allows nothing. What contradicts itself is refused.
func TestPoliciesNotEvaluated(t *testing.T) {
	t.Parallel()
	const of, put = "a permission of Role (AWS::IAM::Role: ", `"Action": ["dynamodb:PutItem"`
	for _, test := range []struct{ name, from, to, notRun, want string }{
		{
			"foreign role", `{"Fn::GetAtt": ["Role", "Arn"]}`, `"arn:aws:iam::000000000000:role/x"`, "",
			`Worker (AWS::Lambda::Function): its role "arn:aws:iam::000000000000:role/x" is not in this template`,
		},
		{
			"managed policy", `"Policies": [`, `"ManagedPolicyArns": ["arn:aws:iam::aws:policy/x"], "Policies": [`,
			of + "the managed policy arn:aws:iam::aws:policy/x is not supported locally)", "",
		},
		{
			"no managed policy", `"Policies": [`, `"ManagedPolicyArns": {"Ref": "Nothing"}, "Policies": [`, "",
			"its role Role: ManagedPolicyArns: Ref of Nothing, which does not exist",
		},
		{
			"boundary", `"Policies": [`, `"PermissionsBoundary": "x", "Policies": [`,
			of + "PermissionsBoundary is not supported locally)", "",
		},
		{
			"policy of nothing", `"Roles": ["somebody"]`, `"Roles": [{"Ref": "Nothing"}]`, "",
			"OtherPolicy (AWS::IAM::Policy): Roles: ",
		},
		{
			"action", `"Action": ["dynamodb:PutItem", "dynamodb:DeleteItem"]`, `"NotAction": "x"`,
			of + "NotAction is not supported locally)", "",
		},
		{
			"condition", put, `"Condition": {"StringEquals": {}}, ` + put,
			of + "Condition: map[StringEquals:map[]] is not supported locally", "",
		},
		{
			"resource", `["Events", "Arn"]}, {"Fn::Join"`, `["Events", "Nothing"]}, {"Fn::Join"`,
			of + "Resource: [0]: Fn::GetAtt of Events.Nothing", "",
		},
		{
			"no statement", `{"Effect": "Allow", "Action": "sns:Publish"`, `7, {"Effect": "Allow", "Action": "sns:Publish"`,
			of + "the statement has no Effect", "",
		},
		{
			"elsewhere", `{"Region": {"Ref": "AWS::Region"}`, `{"Region": "eu-west-3"`, "",
			"Events (AWS::DynamoDB::GlobalTable): none of its replicas is in us-east-1",
		},
		{
			"table's principal", `"Principal": "*"`, `"Principal": {"AWS": "x"}`, "",
			"Events (AWS::DynamoDB::GlobalTable): ResourcePolicy: Principal: x is not supported locally",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(roles, test.from) {
				t.Fatalf("the template lacks %s", test.from)
			}
			system, err := read(t, strings.Replace(roles, test.from, test.to, 1))
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error is %v, want %s", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(system.NotRun, "\n"), test.notRun) {
				t.Errorf("not run: %q, want %s", system.NotRun, test.notRun)
			}
		})
	}
}

// What is attached to a role counts as if the role had it itself, in all forms that templates have.
func TestAttachedPolicies(t *testing.T) {
	t.Parallel()
	const document = `"PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}}`
	for name, test := range map[string]struct {
		policy, role string
		allows       bool
	}{
		"policy":                {`"AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "Role"}], `, ``, true},
		"policy of other roles": {`"AWS::IAM::Policy", "Properties": {"Roles": ["other"], `, ``, false},
		"policy of a role":      {`"AWS::IAM::RolePolicy", "Properties": {"RoleName": {"Ref": "Role"}, `, ``, true},
		"managed policy":        {`"AWS::IAM::ManagedPolicy", "Properties": {"Roles": [{"Ref": "Role"}], `, ``, true},
		"managed, by the role": {
			`"AWS::IAM::ManagedPolicy", "Properties": {`, `"ManagedPolicyArns": [{"Ref": "Added"}], `, true,
		},
		"managed, by its name": {
			`"AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "own", `,
			`"ManagedPolicyArns": ["arn:aws:iam::000000000000:policy/own"], `, true,
		},
		"not needed here": {
			`"AWS::IAM::Policy", "Properties": {"Users": ["x"], `,
			`"ManagedPolicyArns": [{"Fn::Sub": ` +
				`"arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}],`,
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(roles, `"Policies": [`, test.role+`"Policies": [`, 1)
			text = strings.Replace(text, `"OtherPolicy":`, `"Added": {"Type": `+test.policy+document+`}}, "OtherPolicy":`, 1)
			system, err := read(t, text)
			if err != nil {
				t.Fatal(err)
			}
			if len(system.NotRun) != 1 { // the topic
				t.Errorf("resources that are not run: %q, want the topic", system.NotRun)
			}
			request := policy.Request{Action: "dynamodb:GetItem", Resource: system.Tables[0].ARN}
			err = system.Functions[0].Principal.Check(request, nil)
			if (err == nil) != test.allows {
				t.Errorf("check of the request: %v, want allowed %t", err, test.allows)
			}
		})
	}
}
