package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// grants are the actions that a role allows, sorted, by resource: "EventsTable.Arn".
type grants map[string][]string

func TestRoles(t *testing.T) {
	withReadTables := func(g grants, actions ...string) grants {
		for _, readModel := range readTables {
			g[pascal(readModel.Name)+"Table.Arn"] = actions
		}
		return g
	}
	postToLive := arnOf(onStage("POST/@connections/*"))
	logs := []string{"logs:CreateLogStream", "logs:PutLogEvents"}
	// The rebuilder alone replaces a key, by a tombstone. Functions that append may store one. The query function reads which
	// streams have data about a person.
	readKeys := []string{"dynamodb:BatchGetItem", "dynamodb:GetItem"}
	makeKeys := append(slices.Clone(readKeys), "dynamodb:PutItem")
	tests := map[string]grants{
		"CommandRole": {
			"KeysTable.Arn":           makeKeys,
			"EventsTable.Arn":         {"dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"},
			"SnapshotsTable.Arn":      {"dynamodb:BatchGetItem", "dynamodb:GetItem"},
			"ProjectionsTable.Arn":    {"dynamodb:Query"},
			"ProductCatalogTable.Arn": {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"},
			"CommandLogs.Arn":         logs,
		},
		"QueryRole": withReadTables(grants{
			"EventsTable.Arn":      {"dynamodb:GetItem", "dynamodb:Query"},
			"ProjectionsTable.Arn": {"dynamodb:Query"},
			"KeysTable.Arn":        append(slices.Clone(readKeys), "dynamodb:Query"),
			"QueryLogs.Arn":        logs,
			// No more than to ask.
			"CatchUpQueue.Arn": {"sqs:SendMessage"},
		}, "dynamodb:GetItem", "dynamodb:Query"),
		"ProjectorRole": withReadTables(grants{
			"EventsTable.Arn":      {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"},
			"ProjectionsTable.Arn": {"dynamodb:PutItem", "dynamodb:Query"},
			"SnapshotsTable.Arn":   {"dynamodb:GetItem", "dynamodb:PutItem"},
			"KeysTable.Arn":        readKeys,
			"EventsTable.StreamArn": {
				"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator",
			},
			"*":                                   {"dynamodb:ListStreams"},
			"ProjectorFailures.Arn":               {"s3:ListBucket"},
			arnOf(objectsOf("ProjectorFailures")): {"s3:GetObject", "s3:PutObject"},
			"CatchUpQueue.Arn": {
				"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage",
			},
			"ProjectorLogs.Arn":    logs,
			"ConnectionsTable.Arn": {"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:Query"},
			postToLive:             {"execute-api:ManageConnections"},
			// Only the rebuilder rebuilds.
			fmt.Sprint(machineARN): {"states:StartExecution"},
		}, "dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query",
			"dynamodb:UpdateItem"),
		"RebuilderRole": withReadTables(grants{
			"EventsTable.Arn": {
				"dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan",
			},
			"ProjectionsTable.Arn": {"dynamodb:PutItem", "dynamodb:Query"},
			"SnapshotsTable.Arn":   {"dynamodb:GetItem", "dynamodb:PutItem"},
			"CatchUpQueue.Arn":     {"sqs:SendMessage"},
			"KeysTable.Arn":        append(slices.Clone(readKeys), "dynamodb:Query", "dynamodb:UpdateItem"),
			"RebuilderLogs.Arn":    logs,
		}, "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem",
			"dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem"),
		"ReactorRole": {
			"EventsTable.Arn": {
				"dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan",
			},
			"SnapshotsTable.Arn":                {"dynamodb:BatchGetItem", "dynamodb:GetItem"},
			fmt.Sprint(forgetMachineARN):        {"states:StartExecution"},
			"ProjectionsTable.Arn":              {"dynamodb:PutItem", "dynamodb:Query"},
			"EventBus.Arn":                      {"events:PutEvents"},
			"EventsTable.StreamArn":             {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
			"*":                                 {"dynamodb:ListStreams"},
			"ReactorFailures.Arn":               {"s3:ListBucket"},
			arnOf(objectsOf("ReactorFailures")): {"s3:GetObject", "s3:PutObject"},
			"ReactionQueue.Arn": {
				"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage",
			},
			"KeysTable.Arn":   makeKeys,
			"ReactorLogs.Arn": logs,
		},
		"SocketRole": {
			"ConnectionsTable.Arn": {"dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
			"SocketLogs.Arn":       logs,
		},
		"DocsRole": {"DocsLogs.Arn": logs}, // everybody may ask it
	}
	for _, table := range annalsaws.ReactionTables(service) {
		tests["ReactorRole"][pascal(table.Name)+"Table.Arn"] = []string{
			"dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query",
			"dynamodb:UpdateItem",
		}
		for _, index := range table.Indexes { // the list of open deadlines
			arn := object{"Fn::Join": list{"", list{getAtt(pascal(table.Name)+"Table", "Arn"), "/index/" + index.Name}}}
			tests["ReactorRole"][fmt.Sprint(arn)] = []string{"dynamodb:Query"}
		}
	}
	for _, table := range annalsaws.CurrentReadTables(service) {
		for _, index := range table.Indexes {
			arn := object{"Fn::Join": list{"", list{getAtt(pascal(table.Name)+"Table", "Arn"), "/index/" + index.Name}}}
			tests["QueryRole"][fmt.Sprint(arn)] = []string{"dynamodb:Query"}
		}
	}
	// A list over an index also reads the documents that its caller waits for.
	for _, operation := range service.Operations {
		for _, reading := range operation.Readings {
			if reading.Indexed {
				tests["QueryRole"][pascal(reading.Projection)+"Table.Arn"] = []string{
					"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query",
				}
			}
		}
	}
	schedules := object{"Fn::Join": list{"", list{
		"arn:", ref("AWS::Partition"), ":scheduler:", ref("AWS::Region"), ":", ref("AWS::AccountId"),
		":schedule/Shop-Deadlines/*",
	}}}
	tests["ReactorRole"][fmt.Sprint(schedules)] = []string{"scheduler:CreateSchedule", "scheduler:DeleteSchedule"}
	tests["ReactorRole"]["SchedulerRole.Arn"] = []string{"iam:PassRole"}
	tests["SchedulerRole"] = grants{"CatchUpQueue.Arn": {"sqs:SendMessage"}, "ReactionQueue.Arn": {"sqs:SendMessage"}}
	for id, want := range tests {
		t.Run(id, func(t *testing.T) {
			same(t, "grants", want, grantsOf(t, arm64.resource(t, id, "AWS::IAM::Role")))
		})
	}
	same(t, "roles", []string{
		"CommandRole", "DocsRole", "ForgetRole", "ProjectorRole", "QueryRole", "ReactorRole",
		"RebuildRole", "RebuilderRole", "SchedulerRole", "SocketRole",
	}, arm64.ids("AWS::IAM::Role"))
	// A policy outside the roles would add permissions that the test above does not see.
	for _, typ := range []string{"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"} {
		same(t, typ, []string(nil), arm64.ids(typ))
	}
}

// Only the actions in this list may have * as their resource: IAM has no resources for them.
func TestStarsAreListed(t *testing.T) {
	without := map[string]bool{"dynamodb:ListStreams": true}
	for _, id := range arm64.ids("AWS::IAM::Role") {
		for resource, actions := range grantsOf(t, arm64.resource(t, id, "AWS::IAM::Role")) {
			for _, action := range actions {
				if strings.Contains(action, "*") || resource == "*" && !without[action] {
					t.Errorf("%s allows %s on %s", id, action, resource)
				}
			}
		}
	}
}

func TestWhoAssumesTheRoles(t *testing.T) {
	for _, id := range arm64.ids("AWS::IAM::Role") {
		statement := object{
			"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": object{"Service": "lambda.amazonaws.com"},
		}
		if id == "SchedulerRole" { // and the scheduler its own, for this account's schedules
			statement["Principal"] = object{"Service": "scheduler.amazonaws.com"}
			statement["Condition"] = object{"StringEquals": object{"aws:SourceAccount": ref("AWS::AccountId")}}
		}
		if id == "RebuildRole" || id == "ForgetRole" {
			statement["Principal"] = object{"Service": "states.amazonaws.com"}
		}
		same(t, id, any(object{"Version": "2012-10-17", "Statement": list{statement}}),
			arm64.resource(t, id, "AWS::IAM::Role").Properties["AssumeRolePolicyDocument"])
	}
}

// passed is the one condition of a role's statements: a role that sends messages is passed to the scheduler alone.
var passed = object{"StringEquals": object{"iam:PassedToService": "scheduler.amazonaws.com"}}

// grantsOf reads a role's grants. It fails on anything other than inline statements that allow actions on resources,
// and on another condition than that of iam:PassRole, which always has it.
func grantsOf(t *testing.T, role resource) grants {
	t.Helper()
	got := grants{}
	for key := range role.Properties {
		if key != "AssumeRolePolicyDocument" && key != "Policies" {
			t.Errorf("the role has %s", key)
		}
	}
	for _, statement := range statementsOf(role) {
		for key := range statement {
			if key != "Effect" && key != "Action" && key != "Resource" && key != "Condition" {
				t.Errorf("a statement has %s", key)
			}
		}
		var condition any
		if slices.Contains(oneOrMore(statement["Action"]), any("iam:PassRole")) {
			condition = passed
		}
		same(t, fmt.Sprintf("condition of %v", statement["Action"]), condition, statement["Condition"])
		same(t, "Effect", any("Allow"), statement["Effect"])
		for _, resource := range oneOrMore(statement["Resource"]) {
			for _, action := range oneOrMore(statement["Action"]) {
				got[arnOf(resource)] = append(got[arnOf(resource)], action.(string))
			}
		}
	}
	for _, actions := range got {
		slices.Sort(actions)
	}
	return got
}

// statementsOf returns the statements of a role's own policies.
func statementsOf(role resource) []object {
	var all []object
	for _, policy := range role.Properties["Policies"].(list) {
		for _, statement := range policy.(object)["PolicyDocument"].(object)["Statement"].(list) {
			all = append(all, statement.(object))
		}
	}
	return all
}

// oneOrMore returns the values of a policy's field, which may be one value or a list.
func oneOrMore(field any) list {
	if l, ok := field.(list); ok {
		return l
	}
	return list{field}
}

// arnOf writes {"Fn::GetAtt": ["EventsTable", "Arn"]} as EventsTable.Arn, and returns anything else unchanged.
func arnOf(resource any) string {
	if o, ok := resource.(object); ok {
		if att, ok := o["Fn::GetAtt"].(list); ok {
			return fmt.Sprintf("%s.%s", att...)
		}
	}
	return fmt.Sprint(resource)
}
