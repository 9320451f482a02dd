package annalscdk

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// copiedTables are those of the derived tables that queries read: their copies in other regions serve them there.
var copiedTables = slices.Concat(readTables, projections)

// newDerivedTable declares a table that goes with the stack: what is in it can be made again. In production that takes hours
// during which nothing is served, so there it is protected from being deleted by mistake.
func newDerivedTable(stack awscdk.Stack, conf config, key awskms.IKey, derived annalsaws.Table) awsdynamodb.TableV2 {
	props := tableProps(derived, key)
	props.RemovalPolicy = awscdk.RemovalPolicy_DESTROY
	if conf.stage == protectedStage {
		props.DeletionProtection = jsii.Bool(true)
	}
	copied := slices.ContainsFunc(copiedTables, func(t annalsaws.Table) bool { return t.Name == derived.Name })
	if len(conf.readReplicas) > 0 && copied {
		props.DynamoStream = awsdynamodb.StreamViewType_NEW_AND_OLD_IMAGES // DynamoDB keeps copies level by it
		props.Replicas = newReplicas(conf.readReplicas, nil)
	}
	return newTable(stack, derived, "read-side", props)
}
