package main

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamotable"
)

func TestTablesAreAsDeclared(t *testing.T) {
	declared := append([]annalsaws.Table{annalsaws.Events, annalsaws.Keys}, derivedTables...)
	var ids []string
	for _, table := range declared {
		id := pascal(table.Name) + "Table"
		ids = append(ids, id)
		t.Run(table.Name, func(t *testing.T) {
			got := arm64.resource(t, id, "AWS::DynamoDB::GlobalTable").Properties
			schema := list{object{"AttributeName": table.Partition.Name, "KeyType": "HASH"}}
			types := list{object{"AttributeName": table.Partition.Name, "AttributeType": string(table.Partition.Type)}}
			if table.Sort.Name != "" {
				schema = append(schema, object{"AttributeName": table.Sort.Name, "KeyType": "RANGE"})
				types = append(types, object{"AttributeName": table.Sort.Name, "AttributeType": string(table.Sort.Type)})
			}
			var indexes []string
			for _, index := range table.Indexes {
				indexes = append(indexes, index.Name)
				for _, key := range []dynamotable.Key{index.Partition, index.Sort} {
					types = append(types, object{"AttributeName": key.Name, "AttributeType": string(key.Type)})
				}
			}
			same(t, "indexes", indexes, indexNames(got))
			same(t, "KeySchema", schema, got["KeySchema"])
			same(t, "AttributeDefinitions", types, got["AttributeDefinitions"])
			same(t, "BillingMode", any("PAY_PER_REQUEST"), got["BillingMode"])
			var stream any
			if table.Stream {
				stream = object{"StreamViewType": "NEW_IMAGE"}
			}
			same(t, "StreamSpecification", stream, got["StreamSpecification"])
			var expires any
			if table.TimeToLive != "" {
				expires = object{"AttributeName": table.TimeToLive, "Enabled": true}
			}
			same(t, "TimeToLiveSpecification", expires, got["TimeToLiveSpecification"])
			same(t, "TableName, which CloudFormation makes", nil, got["TableName"])
			same(t, "output", any(ref(id)), arm64.template.Outputs[id+"Name"].Value)
		})
	}
	slices.Sort(ids)
	same(t, "tables", ids, arm64.ids("AWS::DynamoDB::GlobalTable"))
}

func TestTablesAreProtected(t *testing.T) {
	for stage, stack := range map[string]assembly{"": arm64, "prod": prod} {
		// These tables stay even if the stack is deleted or their key changes.
		for _, id := range []string{"EventsTable", "KeysTable"} {
			kept := stack.resource(t, id, "AWS::DynamoDB::GlobalTable")
			same(t, id, []any{"Retain", "Retain", true}, []any{
				kept.DeletionPolicy, kept.UpdateReplacePolicy, replicaOf(kept)["DeletionProtectionEnabled"],
			})
		}
		var protected any // what is derived, in production alone
		if stage == "prod" {
			protected = true
		}
		for _, table := range derivedTables {
			got := stack.resource(t, pascal(table.Name)+"Table", "AWS::DynamoDB::GlobalTable")
			same(t, table.Name, []any{"Delete", "Delete", protected}, []any{
				got.DeletionPolicy, got.UpdateReplacePolicy, replicaOf(got)["DeletionProtectionEnabled"],
			})
		}
	}
}

// These apply to all tables by default. Only the events, whose personal data is encrypted, can be recovered for longer
// than the keys.
func TestTablesAreRecoverableAndWatched(t *testing.T) {
	for _, id := range arm64.ids("AWS::DynamoDB::GlobalTable") {
		table := arm64.resource(t, id, "AWS::DynamoDB::GlobalTable")
		got := maps.Clone(replicaOf(table))
		component, days := "read-side", 7.0
		switch id {
		case "EventsTable":
			component, days = "store", 35
		case "KeysTable":
			component = "store"
		}
		delete(got, "DeletionProtectionEnabled")
		delete(got, "ResourcePolicy")
		watched := object{"Enabled": true, "Mode": "THROTTLED_KEYS"}
		want := object{
			"Region":                           ref("AWS::Region"),
			"PointInTimeRecoverySpecification": object{"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": days},
			"ContributorInsightsSpecification": watched,
			"Tags":                             list{object{"Key": "component", "Value": component}},
		}
		var indexes list
		for _, name := range indexNames(table.Properties) {
			indexes = append(indexes, object{"IndexName": name, "ContributorInsightsSpecification": watched})
		}
		if indexes != nil {
			want["GlobalSecondaryIndexes"] = indexes
		}
		same(t, id, want, got)
		same(t, id+": replicas", 1, len(table.Properties["Replicas"].(list)))
		same(t, id+": DynamoDB's own key", nil, table.Properties["SSESpecification"])
	}
}

// indexNames returns the names of a table's indexes.
func indexNames(properties object) []string {
	var names []string
	all, _ := properties["GlobalSecondaryIndexes"].(list)
	for _, index := range all {
		names = append(names, index.(object)["IndexName"].(string))
	}
	return names
}

// replicaOf returns the table in the stack's region.
func replicaOf(table resource) object {
	for _, one := range table.Properties["Replicas"].(list) {
		if replica := one.(object); cmp.Equal(replica["Region"], any(ref("AWS::Region"))) ||
			replica["Region"] == "us-east-1" {
			return replica
		}
	}
	return nil
}

func TestKeyOfTheTables(t *testing.T) {
	key := chosen.resource(t, "TablesKey", "AWS::KMS::Key")
	same(t, "rotation", any(true), key.Properties["EnableKeyRotation"])
	// The events stay when the stack is deleted, and cannot be read without the key.
	same(t, "DeletionPolicy", "Retain", key.DeletionPolicy)
	for _, id := range chosen.ids("AWS::DynamoDB::GlobalTable") {
		table := chosen.resource(t, id, "AWS::DynamoDB::GlobalTable")
		same(t, id, any(object{"SSEEnabled": true, "SSEType": "KMS"}), table.Properties["SSESpecification"])
		same(t, id, any(object{"KMSMasterKeyId": getAtt("TablesKey", "Arn")}), replicaOf(table)["SSESpecification"])
	}
	for _, id := range chosen.ids("AWS::IAM::Role") {
		if id == "SchedulerRole" || id == "RebuildRole" || id == "ForgetRole" {
			continue // they use no table
		}
		var found int
		for _, statement := range statementsOf(chosen.resource(t, id, "AWS::IAM::Role")) {
			if cmp.Equal(statement["Resource"], any(getAtt("TablesKey", "Arn"))) {
				found++
				same(t, id, object{
					"Effect": "Allow", "Resource": getAtt("TablesKey", "Arn"),
					"Action": list{
						"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo",
					},
					"Condition": object{"StringEquals": object{"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"}},
				}, statement)
			}
		}
		same(t, id+" uses the key", 1, found)
	}
	same(t, "keys by default", []string(nil), arm64.ids("AWS::KMS::Key"))
}

// immutable is the policy that denies changes to stored events.
func immutable(actions list, condition any) object {
	statement := object{
		"Sid": "Immutable", "Effect": "Deny", "Principal": object{"AWS": "*"}, "Resource": "*", "Action": actions,
	}
	if condition != nil {
		statement["Condition"] = object{"ArnNotEquals": object{"aws:PrincipalArn": list{condition}}}
	}
	return object{"PolicyDocument": object{"Version": "2012-10-17", "Statement": list{statement}}}
}

func TestEventsAreImmutable(t *testing.T) {
	changes := list{
		"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:DeleteTable", "dynamodb:PartiQLDelete",
		"dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:UpdateItem", "dynamodb:UpdateTimeToLive",
	}
	replication := any(object{"Fn::Join": list{"", list{
		"arn:aws:iam::", ref("AWS::AccountId"),
		":role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication",
	}}})
	for name, test := range map[string]struct {
		stack assembly
		want  object
	}{
		"to all":                       {arm64, immutable(changes, nil)},
		"but in an emergency":          {chosen, immutable(changes, breakGlass)},
		"but to keep the copies level": {copied, immutable(changes, replication)},
	} {
		same(t, name, any(test.want),
			replicaOf(test.stack.resource(t, "EventsTable", "AWS::DynamoDB::GlobalTable"))["ResourcePolicy"])
	}
	// A replica refuses all writes except DynamoDB's own.
	copies := copied.resource(t, "EventsTable", "AWS::DynamoDB::GlobalTable").Properties["Replicas"].(list)
	same(t, "copies", 2, len(copies))
	same(t, "a copy", []any{
		"eu-west-1", immutable(slices.Insert(slices.Clone(changes), 6, any("dynamodb:PutItem")), replication),
	}, []any{copies[0].(object)["Region"], copies[0].(object)["ResourcePolicy"]})
}

func TestCopies(t *testing.T) {
	// No query reads these. Keys are not copied.
	unread := map[string]bool{"SnapshotsTable": true, "ConnectionsTable": true, "KeysTable": true}
	for _, table := range reactions {
		unread[pascal(table.Name)+"Table"] = true
	}
	for _, id := range copied.ids("AWS::DynamoDB::GlobalTable") {
		table := copied.resource(t, id, "AWS::DynamoDB::GlobalTable").Properties
		var regions list
		for _, replica := range table["Replicas"].(list) {
			regions = append(regions, replica.(object)["Region"])
		}
		want, stream := list{"eu-west-1", "eu-west-3", "us-east-1"}, any(object{"StreamViewType": "NEW_AND_OLD_IMAGES"})
		switch {
		case id == "EventsTable":
			want = list{"eu-west-1", "us-east-1"}
		case unread[id]:
			want, stream = list{"us-east-1"}, nil
		}
		same(t, id, want, regions)
		same(t, id, stream, table["StreamSpecification"])
		// Strong consistency across regions would exclude transactions.
		same(t, id, nil, table["MultiRegionConsistency"])
	}
}
