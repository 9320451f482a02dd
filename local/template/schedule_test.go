package template_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/annals-es/annals/local/policy"
	"github.com/annals-es/annals/local/template"
)

// scheduled is a queue with schedules, and the roles that they may name.
const scheduled = `{
	"Resources": {
		"Due": {"Type": "AWS::SQS::Queue"},
		"Deadlines": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": "due"}},
		"Unnamed": {"Type": "AWS::Scheduler::ScheduleGroup"},
		"Weekly": {"Type": "AWS::Scheduler::Schedule", "Properties": {
			"Description": "d", "Name": "weekly", "GroupName": {"Ref": "Deadlines"},
			"ScheduleExpression": "cron(0 9 ? * MON *)", "ScheduleExpressionTimezone": "Europe/Berlin", "State": "ENABLED",
			"StartDate": "2026-12-01T00:00:00Z", "EndDate": "2027-12-01T00:00:00.000Z", "FlexibleTimeWindow": {"Mode": "OFF"},
			"Target": {"Arn": {"Fn::GetAtt": ["Due", "Arn"]}, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "Input": "{}",
				"RetryPolicy": {"MaximumRetryAttempts": 3}, "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["Due", "Arn"]}}}
		}},
		"Paused": {"Type": "AWS::Scheduler::Schedule", "Properties": {
			"ScheduleExpression": "rate(1 day)", "State": "DISABLED", "FlexibleTimeWindow": {"Mode": "OFF"},
			"Target": {"Arn": {"Fn::GetAtt": ["Due", "Arn"]}, "RoleArn": "arn:x", "Input": "x"}
		}},
		"Role": {"Type": "AWS::IAM::Role", "Properties": {
			"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
				"Principal": {"Service": "scheduler.amazonaws.com"},
				"Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}}]},
			"Policies": [{"PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "sqs:SendMessage",
				"Resource": {"Fn::GetAtt": ["Due", "Arn"]}}}}]
		}},
		"OfFunctions": {"Type": "AWS::IAM::Role", "Properties": {
			"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
				"Principal": {"Service": "lambda.amazonaws.com"}}]},
			"Policies": [{"PolicyDocument": {"Statement": {"Effect": "Allow", "NotAction": "x", "Resource": "*"}}}]
		}},
		"Strange": {"Type": "AWS::IAM::Role", "Properties": {
			"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Deny", "Action": "sts:AssumeRole",
				"Principal": {"Service": "scheduler.amazonaws.com"}}]}
		}},
		"Policy": {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": [
			{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Deadlines", "Arn"]}},
			{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Weekly", "Arn"]}},
			{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Paused", "Arn"]}}
		]}}}
	}
}`

func TestSchedules(t *testing.T) {
	t.Parallel()
	const (
		prefix = "arn:aws:scheduler:us-east-1:000000000000:schedule"
		queue  = "arn:aws:sqs:us-east-1:000000000000:Sys-Due"
		role   = "arn:aws:iam::000000000000:role/Sys-"
	)
	system, err := read(t, scheduled)
	if err != nil {
		t.Fatal(err)
	}
	start, end := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 12, 1, 0, 0, 0, 0, time.UTC)
	want := template.System{
		ScheduleGroups: []template.ScheduleGroup{
			{ID: "Deadlines", Name: "due", ARN: prefix + "-group/due"},
			{ID: "Unnamed", Name: "Sys-Unnamed", ARN: prefix + "-group/Sys-Unnamed"},
		},
		Schedules: []template.Schedule{
			{
				ID: "Paused", Name: "Sys-Paused", Group: "default", Expression: "rate(1 day)", Timezone: "UTC", Disabled: true,
				QueueARN: queue, RoleARN: "arn:x", Input: "x",
			},
			{
				ID: "Weekly", Name: "weekly", Group: "due", Expression: "cron(0 9 ? * MON *)", Timezone: "Europe/Berlin",
				Start: &start, End: &end, QueueARN: queue, RoleARN: role + "Role", Input: "{}",
			},
		},
		ScheduleRoles: []template.ScheduleRole{
			{ID: "OfFunctions", ARN: role + "OfFunctions"}, {ID: "Role", ARN: role + "Role"},
			{ID: "Strange", ARN: role + "Strange"},
		},
		NotRun: []string{
			"a permission of Strange (AWS::IAM::Role: AssumeRolePolicyDocument: a statement about scheduler.amazonaws.com " +
				"with the effect Deny is not supported locally)",
		},
	}
	if diff := cmp.Diff(want, *system, cmpopts.IgnoreFields(template.System{}, "Stacks", "Queues"),
		cmpopts.IgnoreFields(template.ScheduleRole{}, "Trust", "Principal")); diff != "" {
		t.Errorf("system (-want +got):\n%s", diff)
	}
	for i, may := range []bool{false, true, false} {
		r := system.ScheduleRoles[i]
		if got := r.Trust.Allows("000000000000", prefix+"-group/due"); got != may {
			t.Errorf("a schedule may act under %s: %t", r.ID, got)
		}
	}
	for _, resource := range []string{
		queue, prefix + "-group/due", prefix + "/due/weekly", prefix + "/default/Sys-Paused",
	} {
		err := system.ScheduleRoles[1].Principal.Check(policy.Request{Action: "sqs:SendMessage", Resource: resource}, nil)
		if err != nil {
			t.Errorf("send to a resource that the role allows: %v", err)
		}
	}
}

func TestSchedulesRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ from, to, want string }{
		{`"GroupName": {"Ref": "Deadlines"}`, `"GroupName": {"Ref": "Nothing"}`, "Weekly"},
		{`"GroupName": {"Ref": "Deadlines"}`, `"GroupName": []`, "Weekly (AWS::Scheduler::Schedule): "},
		{`"Name": "due"`, `"Name": {"Ref": "Nothing"}`, "Ref of Nothing"},
		{`"Name": "weekly"`, `"Name": {"Ref": "Nothing"}`, "Ref of Nothing"},
		{`"StartDate": "2026-12-01T00:00:00Z"`, `"StartDate": "tomorrow"`, "Weekly (AWS::Scheduler::Schedule): "},
		{
			`"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow"`,
			`"ManagedPolicyArns": 1, "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow"`,
			"Role (AWS::IAM::Role): its role Role: ManagedPolicyArns: 1 is neither",
		},
	} {
		_, err := read(t, strings.Replace(scheduled, test.from, test.to, 1))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("with %s: %v, want an error with %s", test.to, err, test.want)
		}
	}
}
