package annalscdk

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamotable"
)

// storedTables are the tables of the stack, by their name inside the service.
type storedTables map[string]awsdynamodb.TableV2

// derivedTables go with the stack: read models, snapshots and generations can be made again from the events; without the
// reactions' checkpoints the last day is reacted to again; connections are as short-lived as what they describe.
var derivedTables = slices.Concat(readTables, snapshots, projections, reactions, connections)

func newTables(stack awscdk.Stack, conf config, key awskms.IKey) storedTables {
	stored := storedTables{annalsaws.Events.Name: newEventTable(stack, conf, key)}
	for _, derived := range derivedTables {
		stored[derived.Name] = newDerivedTable(stack, conf, key, derived)
	}
	return stored
}

// newEventTable declares the one table that nothing else can give back: it outlives the stack.
func newEventTable(stack awscdk.Stack, conf config, key awskms.IKey) awsdynamodb.TableV2 {
	props := tableProps(annalsaws.Events, key)
	props.DeletionProtection = jsii.Bool(true)
	props.RemovalPolicy = awscdk.RemovalPolicy_RETAIN
	props.ResourcePolicy = newEventPolicy(stack, conf, forbidden)
	if len(conf.eventReplicas) > 0 {
		var locked awsiam.PolicyDocument
		if conf.replicasLocked {
			locked = newEventPolicy(stack, conf, append([]string{"dynamodb:PutItem"}, forbidden...))
		} else {
			awscdk.Annotations_Of(stack).AddWarningV2(jsii.String("annals:replicas"), jsii.String(
				"The copies of the event table take writes: once they are there, deploy again with replicasLocked: true"))
		}
		props.DynamoStream = awsdynamodb.StreamViewType_NEW_AND_OLD_IMAGES // DynamoDB keeps copies level by it
		props.Replicas = newReplicas(conf.eventReplicas, locked)
	}
	return newTable(stack, annalsaws.Events, "store", props)
}

// newTable makes a table. Its name is left to CloudFormation, so that an account can hold the stack twice.
func newTable(stack awscdk.Stack, table annalsaws.Table, component string, props *awsdynamodb.TablePropsV2) awsdynamodb.TableV2 {
	id := pascal(table.Name) + "Table"
	made := named(awsdynamodb.NewTableV2(stack, jsii.String(id), props))
	tag(made, component)
	output(stack, table.Output(), made.TableName(), "Name of the table "+table.Name)
	return made
}

// tableProps turns a table's plain declaration into what CDK makes a table from: on demand, and recoverable to any second of
// the last 35 days, which is the longest that DynamoDB has.
func tableProps(table annalsaws.Table, key awskms.IKey) *awsdynamodb.TablePropsV2 {
	props := &awsdynamodb.TablePropsV2{
		PartitionKey: attribute(table.Partition),
		Billing:      awsdynamodb.Billing_OnDemand(nil),
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
			RecoveryPeriodInDays:       jsii.Number(35),
		},
		// Names the keys that are throttled, the hot streams, and is billed by what is throttled. The other mode names the
		// keys that are used most, and is billed by every request.
		ContributorInsightsSpecification: &awsdynamodb.ContributorInsightsSpecification{
			Enabled: jsii.Bool(true),
			Mode:    awsdynamodb.ContributorInsightsMode_THROTTLED_KEYS,
		},
	}
	if key != nil {
		props.Encryption = awsdynamodb.TableEncryptionV2_CustomerManagedKey(key, nil)
	}
	if table.Sort.Name != "" {
		props.SortKey = attribute(table.Sort)
	}
	if table.Stream {
		props.DynamoStream = awsdynamodb.StreamViewType_NEW_IMAGE
	}
	if table.TimeToLive != "" {
		props.TimeToLiveAttribute = jsii.String(table.TimeToLive)
	}
	if indexes := indexProps(table); len(indexes) > 0 {
		props.GlobalSecondaryIndexes = &indexes
	}
	return props
}

func indexProps(table annalsaws.Table) []*awsdynamodb.GlobalSecondaryIndexPropsV2 {
	var all []*awsdynamodb.GlobalSecondaryIndexPropsV2
	for _, index := range table.Indexes {
		props := &awsdynamodb.GlobalSecondaryIndexPropsV2{
			IndexName:      jsii.String(index.Name),
			PartitionKey:   attribute(index.Partition),
			ProjectionType: awsdynamodb.ProjectionType_KEYS_ONLY,
		}
		if index.Sort.Name != "" {
			props.SortKey = attribute(index.Sort)
		}
		if len(index.Projected) > 0 {
			props.ProjectionType = awsdynamodb.ProjectionType_INCLUDE
			props.NonKeyAttributes = jsii.Strings(index.Projected...)
		}
		all = append(all, props)
	}
	return all
}

func attribute(key dynamotable.Key) *awsdynamodb.Attribute {
	types := map[dynamotable.Type]awsdynamodb.AttributeType{
		dynamotable.String: awsdynamodb.AttributeType_STRING,
		dynamotable.Number: awsdynamodb.AttributeType_NUMBER,
		dynamotable.Binary: awsdynamodb.AttributeType_BINARY,
	}
	return &awsdynamodb.Attribute{Name: jsii.String(key.Name), Type: types[key.Type]}
}
