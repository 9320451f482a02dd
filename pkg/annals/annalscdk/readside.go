package annalscdk

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// newDerivedTable declares a table that goes with the stack: what is in it can be made again. In production that
// takes hours
// during which nothing is served, so there it is protected from being deleted by mistake.
func (s *Service) newDerivedTable(derived annalsaws.Table) awsdynamodb.TableV2 {
	props := tableProps(derived, s.TablesKey)
	props.RemovalPolicy = awscdk.RemovalPolicy_DESTROY
	if s.Settings.Stage == protectedStage {
		props.DeletionProtection = jsii.Bool(true)
	}
	// Queries read them: their copies in other regions serve them there.
	copied := slices.ContainsFunc(slices.Concat(s.plan.readTables, projections), func(t annalsaws.Table) bool { return t.Name == derived.Name })
	if len(s.Settings.ReadReplicas) > 0 && copied {
		props.DynamoStream = awsdynamodb.StreamViewType_NEW_AND_OLD_IMAGES // DynamoDB keeps copies level by it
		props.Replicas = newReplicas(s.Settings.ReadReplicas, nil)
	}
	return s.newTable(derived, "read-side", props)
}
