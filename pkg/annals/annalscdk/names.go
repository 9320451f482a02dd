package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// named sets the logical id of the CloudFormation resource behind a construct to the construct's own id, see rename.
func named[C constructs.IConstruct](construct C) C {
	rename(construct, *construct.Node().Id())
	return construct
}

// rename sets the logical id of the CloudFormation resource behind a construct, and returns the resource. CDK's own ids
// end in a hash; without it, the template, the console and the local runner's output have the names in this code.
// Changing a logical id is a migration: CloudFormation creates a new, empty resource and drops the old one.
func rename(construct constructs.IConstruct, logicalID string) awscdk.CfnElement {
	resource, ok := construct.(awscdk.CfnElement)
	if !ok {
		resource = construct.Node().DefaultChild().(awscdk.CfnElement)
	}
	resource.OverrideLogicalId(jsii.String(logicalID))
	return resource
}

// tag sets the component that a resource appears under on the bill. CloudFormation adds the stack's tags.
func tag(construct constructs.IConstruct, component string) {
	awscdk.Tags_Of(construct).Add(jsii.String("component"), jsii.String(component), nil)
}

// output declares an output of the stack.
func (s *Service) output(id string, value *string, description string) {
	awscdk.NewCfnOutput(s.Stack, jsii.String(id), &awscdk.CfnOutputProps{
		Value: value, Description: jsii.String(description),
	})
}

// pascal converts kebab case in declarations to the form of logical ids: product-counts to ProductCounts.
func pascal[S ~string](kebab S) string { return annalsaws.Pascal(string(kebab)) }
