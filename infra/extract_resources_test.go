package main

import (
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// physicalName is the property that names a resource in the account, by type. CloudFormation replaces a resource whose
// name changes, and generates the name of resources of other types. An API's name is only a label.
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

// resourceLines returns "logical id: type name=…, kept". Only resources that stay when the stack is deleted are kept.
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

// tableLines returns "logical id: [properties that replace the table] other properties".
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
			name, keysOf(table), stream, expires, protected, table.DeletionPolicy, table.UpdateReplacePolicy) + indexesOf(table)
	}
	return lines
}

// keysOf returns the key attributes of a table and of its local indexes, with their types.
func keysOf(table resource) string {
	keys := spellKeys(table, table.Properties["KeySchema"])
	if indexes, ok := table.Properties["LocalSecondaryIndexes"]; ok {
		keys = append(keys, fmt.Sprint("local indexes ", indexes))
	}
	return strings.Join(keys, " ")
}

// spellKeys returns the attributes of a table's key, with their types: HASH pk S.
func spellKeys(table resource, schema any) []string {
	types := map[any]any{}
	for _, definition := range table.Properties["AttributeDefinitions"].(list) {
		types[definition.(object)["AttributeName"]] = definition.(object)["AttributeType"]
	}
	var keys []string
	for _, key := range schema.(list) {
		name := key.(object)["AttributeName"]
		keys = append(keys, fmt.Sprintf("%s %s %s", key.(object)["KeyType"], name, types[name]))
	}
	return keys
}

// indexesOf returns the global indexes of a table, each as "; index name: keys, other attributes".
func indexesOf(table resource) string {
	var all strings.Builder
	indexes, _ := table.Properties["GlobalSecondaryIndexes"].(list)
	for _, one := range indexes {
		index := one.(object)
		holds := index["Projection"].(object)
		keys := strings.Join(spellKeys(table, index["KeySchema"]), " ")
		fmt.Fprintf(&all, "; index %s: %s %s", index["IndexName"], keys, holds["ProjectionType"])
		for _, attribute := range oneOrMore(holds["NonKeyAttributes"]) {
			if attribute != nil {
				fmt.Fprintf(&all, " %s", attribute)
			}
		}
	}
	return all.String()
}

// changedIndexes counts the indexes that a table gained or lost, and those that changed under the same name.
func changedIndexes(was, is string) (comeAndGone, changed int) {
	named := func(line string) map[string]string {
		all := map[string]string{}
		for _, index := range strings.Split(line, "; index ")[1:] {
			name, rest, _ := strings.Cut(index, ": ")
			all[name] = rest
		}
		return all
	}
	before, after := named(was), named(is)
	for name, index := range after {
		if old, had := before[name]; !had {
			comeAndGone++
		} else if old != index {
			changed++
		}
	}
	for name := range before {
		if _, has := after[name]; !has {
			comeAndGone++
		}
	}
	return comeAndGone, changed
}

func tableMeaning(was, is string) string {
	before, _, _ := strings.Cut(was, "]")
	after, _, _ := strings.Cut(is, "]")
	comeAndGone, changed := changedIndexes(was, is)
	switch {
	case was == "":
		return "a new, empty table"
	case is == "" && strings.Contains(was, "deletion: Retain"):
		return "THE EVENTS: the table leaves the stack; nothing reads or writes it any more"
	case is == "":
		return "the next deployment deletes the table, with its items"
	case before != after:
		return "REPLACED: CloudFormation makes a new, empty table, and the functions use that one"
	case changed > 0:
		return "THE DEPLOYMENT FAILS: an index stays as it was made; give another one another name"
	case comeAndGone > 1:
		return "THE DEPLOYMENT FAILS: it adds or removes one index of a table, and no more"
	case comeAndGone == 1:
		return "the table stays, with its items; DynamoDB makes the new index from them, or drops the old one"
	}
	return "the table stays, with its items; this setting of it changes"
}
