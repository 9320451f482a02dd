package annalscdk

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// newDerivedTable declares a table that is deleted with the stack, because its content can be rebuilt. In production a
// rebuild takes hours, during which nothing is served, so there the table is protected from accidental deletion.
func (s *Service) newDerivedTable(derived annalsaws.Table) awsdynamodb.TableV2 {
	props := s.tableProps(derived)
	props.RemovalPolicy = awscdk.RemovalPolicy_DESTROY
	if s.Settings.Stage == protectedStage {
		props.DeletionProtection = jsii.Bool(true)
	}
	// Queries read these tables, so they can have replicas in other regions, which serve queries there.
	copied := slices.ContainsFunc(slices.Concat(s.plan.readTables, projections), func(t annalsaws.Table) bool {
		return t.Name == derived.Name
	})
	if len(s.Settings.ReadReplicas) > 0 && copied {
		props.DynamoStream = awsdynamodb.StreamViewType_NEW_AND_OLD_IMAGES // DynamoDB needs it for replication
		props.Replicas = newReplicas(s.Settings.ReadReplicas, nil)
	}
	return s.newTable(derived, "read-side", props)
}
