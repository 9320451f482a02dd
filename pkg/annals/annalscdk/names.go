package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// named gives the CloudFormation resource behind a construct the construct's own id as its logical id, see rename.
func named[C constructs.IConstruct](construct C) C {
	rename(construct, *construct.Node().Id())
	return construct
}

// rename sets the logical id of the CloudFormation resource behind a construct, and returns the resource. CDK
// would make one that ends in a hash;
// without it the template, the console and the local runner's log read like this code. A logical id that changes is a
// migration: CloudFormation makes a new, empty resource and drops the old one.
func rename(construct constructs.IConstruct, logicalID string) awscdk.CfnElement {
	resource, ok := construct.(awscdk.CfnElement)
	if !ok {
		resource = construct.Node().DefaultChild().(awscdk.CfnElement)
	}
	resource.OverrideLogicalId(jsii.String(logicalID))
	return resource
}

// tag says on the bill what a resource is part of. CloudFormation adds the stack's own tags.
func tag(construct constructs.IConstruct, component string) {
	awscdk.Tags_Of(construct).Add(jsii.String("component"), jsii.String(component), nil)
}

// output declares an output of the stack.
func (s *Service) output(id string, value *string, description string) {
	awscdk.NewCfnOutput(s.Stack, jsii.String(id), &awscdk.CfnOutputProps{Value: value, Description: jsii.String(description)})
}

// pascal turns the kebab case of declarations into the spelling of logical ids: product-counts into ProductCounts.
func pascal[S ~string](kebab S) string { return annalsaws.Pascal(string(kebab)) }
