package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"

	"github.com/annals-es/annals/internal/readmodel/tables"
)

// newDerivedTable declares a table that is made from the event table: a read model's, the snapshots, or the
// generations of the read models. It goes with the
// stack, because it can be made again.
func newDerivedTable(stack awscdk.Stack, derived tables.Table) awsdynamodb.TableV2 {
	props := tableProps(derived)
	props.RemovalPolicy = awscdk.RemovalPolicy_DESTROY
	return newTable(stack, derived, props)
}
