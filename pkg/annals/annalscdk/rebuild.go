package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// rebuildMachineName is the machine's name. It is fixed, because the machine and its role refer to each other.
func (s *Service) rebuildMachineName() string { return *s.Stack.StackName() + "-Rebuild" }

// statesARN is the ARN of a resource of Step Functions in this account and region.
func (s *Service) statesARN(resource string) *string {
	return jsii.String("arn:" + *s.Stack.Partition() + ":states:" + *s.Stack.Region() + ":" + *s.Stack.Account() +
		":" + resource)
}

func (s *Service) rebuildMachineARN() *string {
	return s.statesARN("stateMachine:" + s.rebuildMachineName())
}

// addRebuilds declares the state machine that rebuilds a read model beside the one that serves, see rebuildStates.
func (s *Service) addRebuilds() {
	s.RebuildMachine = named(awsstepfunctions.NewStateMachine(s.Stack, jsii.String("RebuildMachine"),
		&awsstepfunctions.StateMachineProps{
			StateMachineName: jsii.String(s.rebuildMachineName()),
			// CDK's own tasks would grant the role more than it needs.
			DefinitionBody: awsstepfunctions.DefinitionBody_FromString(jsii.String(s.rebuildDefinition())),
			Role:           s.newRebuildRole(),
		}))
	// A new projector may start a rebuild that only the rebuilder of the same deployment can do.
	s.Functions[annalsaws.Projector].Lambda.Node().AddDependency(s.RebuildMachine)
	s.output("RebuildMachineArn", s.RebuildMachine.StateMachineArn(), "State machine that rebuilds read models")
}

// newRebuildRole declares the machine's permissions: invoke the rebuilder, and start, watch and stop the executions of
// its own maps.
func (s *Service) newRebuildRole() awsiam.Role {
	name := s.rebuildMachineName()
	statements := []awsiam.PolicyStatement{
		allow([]string{"lambda:InvokeFunction"}, s.Functions[annalsaws.Rebuilder].Lambda.FunctionArn()),
		allow([]string{"states:StartExecution"}, s.rebuildMachineARN()),
		allow([]string{"states:DescribeExecution", "states:StopExecution"},
			s.statesARN("execution:"+name+":*"), s.statesARN("execution:"+name+"/*")),
	}
	return named(awsiam.NewRole(s.Stack, jsii.String("RebuildRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("states.amazonaws.com"), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"Access": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
		},
	}))
}
