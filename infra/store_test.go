package main

import (
	"slices"
	"testing"

	"github.com/annals-es/annals/internal/readmodel/tables"
)

func TestTablesAreAsDeclared(t *testing.T) {
	declared := append([]tables.Table{tables.Events, tables.Snapshots, tables.Projections, tables.ReserveStock, tables.Connections}, tables.ReadModels...)
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
	type protection struct {
		deletionPolicy, updateReplacePolicy string
		replica                             object
	}
	want := map[string]protection{
		// The events: not even the stack's own deletion, or a change of their key, removes them.
		"EventsTable": {"Retain", "Retain", object{
			"Region":                           ref("AWS::Region"),
			"DeletionProtectionEnabled":        true,
			"PointInTimeRecoverySpecification": object{"PointInTimeRecoveryEnabled": true},
		}},
	}
	for _, derived := range append([]tables.Table{tables.Snapshots, tables.Projections, tables.ReserveStock, tables.Connections}, tables.ReadModels...) {
		want[pascal(derived.Name)+"Table"] = protection{"Delete", "Delete", object{
			"Region":                           ref("AWS::Region"),
			"PointInTimeRecoverySpecification": object{"PointInTimeRecoveryEnabled": true},
		}}
	}
	for id, want := range want {
		t.Run(id, func(t *testing.T) {
			got := arm64.resource(t, id, "AWS::DynamoDB::GlobalTable")
			same(t, "DeletionPolicy", want.deletionPolicy, got.DeletionPolicy)
			same(t, "UpdateReplacePolicy", want.updateReplacePolicy, got.UpdateReplacePolicy)
			same(t, "Replicas", any(list{want.replica}), got.Properties["Replicas"])
		})
	}
}
