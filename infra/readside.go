package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"

	"github.com/annals-es/annals/internal/readmodel/tables"
)

// newReadTable declares the table of a read model. It goes with the stack: a rebuild makes it again from the event table.
func newReadTable(stack awscdk.Stack, readModel tables.Table) awsdynamodb.TableV2 {
	props := tableProps(readModel)
	props.RemovalPolicy = awscdk.RemovalPolicy_DESTROY
	return newTable(stack, readModel, props)
}
