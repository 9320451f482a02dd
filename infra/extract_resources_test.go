package main

import (
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// physicalName has the property that names a resource in the account, by type. CloudFormation replaces a resource whose
// name changes, and makes up the name of any other. An API's name is for people alone.
var physicalName = map[string]string{
	"AWS::CloudWatch::Alarm":           "AlarmName",
	"AWS::CloudWatch::Dashboard":       "DashboardName",
	"AWS::Cognito::UserPoolDomain":     "Domain",
	"AWS::DynamoDB::GlobalTable":       "TableName",
	"AWS::Events::EventBus":            "Name",
	"AWS::IAM::Role":                   "RoleName",
	"AWS::Lambda::Function":            "FunctionName",
	"AWS::Logs::LogGroup":              "LogGroupName",
	"AWS::S3::Bucket":                  "BucketName",
	"AWS::SNS::Topic":                  "TopicName",
	"AWS::SQS::Queue":                  "QueueName",
	"AWS::Scheduler::Schedule":         "Name",
	"AWS::SecretsManager::Secret":      "Name",
	"AWS::StepFunctions::StateMachine": "StateMachineName",
}

// resourceLines are "logical id: type name=…, kept". Only what outlives the stack is kept.
func resourceLines(a assembly) map[string]string {
	lines := map[string]string{}
	for id, r := range a.template.Resources {
		line := r.Type
		if name, ok := r.Properties[physicalName[r.Type]]; ok {
			line += " name=" + spell(name)
		}
		if policies := [2]string{r.DeletionPolicy, r.UpdateReplacePolicy}; policies != [2]string{} {
			line += fmt.Sprintf(", deletion: %s, replacement: %s", policies[0], policies[1])
		}
		lines[id] = line
	}
	return lines
}

func resourceMeaning(was, is string) string {
	before, _, _ := strings.Cut(was, ", ")
	after, _, _ := strings.Cut(is, ", ")
	switch {
	case was == "":
		return "a new resource: if it is another one under a new id, CloudFormation makes it empty and the old one goes"
	case is == "" && strings.Contains(was, "deletion: Retain"):
		return "it leaves the stack and stays in the account: nothing uses it any more"
	case is == "":
		return "the next deployment deletes it, with what it holds"
	case before != after:
		return "CloudFormation replaces it: a new, empty resource takes its place"
	}
	return "what happens to it when it is deleted or replaced changed"
}

// tableLines are "logical id: [what replaces the table] the rest".
func tableLines(a assembly) map[string]string {
	lines := map[string]string{}
	for _, id := range a.ids("AWS::DynamoDB::GlobalTable") {
		table := a.template.Resources[id]
		name, stream, expires := "by CloudFormation", "none", "never"
		if given, ok := table.Properties["TableName"]; ok {
			name = spell(given)
		}
		if spec, ok := table.Properties["StreamSpecification"].(object); ok {
			stream = spell(spec["StreamViewType"])
		}
		if spec, ok := table.Properties["TimeToLiveSpecification"].(object); ok {
			expires = "by " + spell(spec["AttributeName"])
		}
		protected := cmp.Equal(replicaOf(table)["DeletionProtectionEnabled"], any(true))
		lines[id] = fmt.Sprintf("[name: %s, keys: %s] stream: %s, expires: %s, protected: %t, deletion: %s, replacement: %s",
			name, keysOf(table), stream, expires, protected, table.DeletionPolicy, table.UpdateReplacePolicy)
	}
	return lines
}

// keysOf are the key attributes of a table and of its local indexes, each with its type.
func keysOf(table resource) string {
	types := map[any]any{}
	for _, definition := range table.Properties["AttributeDefinitions"].(list) {
		types[definition.(object)["AttributeName"]] = definition.(object)["AttributeType"]
	}
	var keys []string
	for _, key := range table.Properties["KeySchema"].(list) {
		name := key.(object)["AttributeName"]
		keys = append(keys, fmt.Sprintf("%s %s %s", key.(object)["KeyType"], name, types[name]))
	}
	if indexes, ok := table.Properties["LocalSecondaryIndexes"]; ok {
		keys = append(keys, fmt.Sprint("local indexes ", indexes))
	}
	return strings.Join(keys, " ")
}

func tableMeaning(was, is string) string {
	before, _, _ := strings.Cut(was, "]")
	after, _, _ := strings.Cut(is, "]")
	switch {
	case was == "":
		return "a new, empty table"
	case is == "" && strings.Contains(was, "deletion: Retain"):
		return "THE EVENTS: the table leaves the stack; nothing reads or writes it any more"
	case is == "":
		return "the next deployment deletes the table, with its items"
	case before != after:
		return "REPLACED: CloudFormation makes a new, empty table, and the functions use that one"
	}
	return "the table stays, with its items; this setting of it changes"
}
