package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"

	"github.com/annals-es/annals/internal/readmodel/tables"
)

// newDerivedTable declares a table that goes with the stack.
func newDerivedTable(stack awscdk.Stack, derived tables.Table) awsdynamodb.TableV2 {
	props := tableProps(derived)
	props.RemovalPolicy = awscdk.RemovalPolicy_DESTROY
	return newTable(stack, derived, props)
}
