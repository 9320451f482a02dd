package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamotable"
)

func (s *Service) addTables() {
	s.Tables = map[string]awsdynamodb.TableV2{annalsaws.Events.Name: s.newEventTable()}
	for _, keys := range s.plan.keyTables {
		s.Tables[keys.Name] = s.newKeyTable(keys)
	}
	for _, derived := range s.plan.derivedTables() {
		s.Tables[derived.Name] = s.newDerivedTable(derived)
	}
}

// newEventTable declares the event table. Its content cannot be rebuilt, so it stays when the stack is deleted.
func (s *Service) newEventTable() awsdynamodb.TableV2 {
	props := s.tableProps(annalsaws.Events)
	props.DeletionProtection = jsii.Bool(true)
	props.RemovalPolicy = awscdk.RemovalPolicy_RETAIN
	props.ResourcePolicy = s.newEventPolicy(forbidden)
	if len(s.Settings.EventReplicas) > 0 {
		var locked awsiam.PolicyDocument
		if s.Settings.ReplicasLocked {
			locked = s.newEventPolicy(append([]string{"dynamodb:PutItem"}, forbidden...))
		} else {
			s.warn("annals:replicas",
				"The replicas of the event table accept writes: once they exist, deploy again with replicasLocked: true")
		}
		props.DynamoStream = awsdynamodb.StreamViewType_NEW_AND_OLD_IMAGES // DynamoDB needs it for replication
		props.Replicas = newReplicas(s.Settings.EventReplicas, locked)
	}
	return s.newTable(annalsaws.Events, "store", props)
}

// newKeyTable declares the table of keys of personal data. Without it that data can't be read, so it stays when the stack
// is deleted.
func (s *Service) newKeyTable(keys annalsaws.Table) awsdynamodb.TableV2 {
	props := s.tableProps(keys)
	props.DeletionProtection = jsii.Bool(true)
	props.RemovalPolicy = awscdk.RemovalPolicy_RETAIN
	return s.newTable(keys, "store", props)
}

// newTable makes a table. CloudFormation chooses its name, so that an account can have the stack twice.
func (s *Service) newTable(
	table annalsaws.Table, component string, props *awsdynamodb.TablePropsV2,
) awsdynamodb.TableV2 {
	id := pascal(table.Name) + "Table"
	made := named(awsdynamodb.NewTableV2(s.Stack, jsii.String(id), props))
	tag(made, component)
	s.output(table.Output(), made.TableName(), "Name of the table "+table.Name)
	return made
}

// recoveryDays is for how many days a table can be recovered to any second. 35 is DynamoDB's limit. Of a service with
// personal data, no table but the events' can be recovered for longer than the keys: a person who was forgotten is in
// recovered keys, read models and snapshots. The events hold encrypted values alone.
func (s *Service) recoveryDays(table annalsaws.Table) int {
	if table.Name == annalsaws.Events.Name || !s.Declaration.HasPersonal() {
		return 35
	}
	return s.Settings.PersonalRecoveryDays
}

// tableProps converts a table's declaration to CDK's properties: on demand, and recoverable to any second.
func (s *Service) tableProps(table annalsaws.Table) *awsdynamodb.TablePropsV2 {
	key := s.TablesKey
	props := &awsdynamodb.TablePropsV2{
		PartitionKey: attribute(table.Partition),
		Billing:      awsdynamodb.Billing_OnDemand(nil),
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
			RecoveryPeriodInDays:       jsii.Number(s.recoveryDays(table)),
		},
		// This mode reports throttled keys, which are the hot streams, and is billed by throttled requests. The other
		// mode reports the most used keys, and is billed by every request.
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
