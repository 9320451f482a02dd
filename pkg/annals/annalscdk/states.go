package annalscdk

import (
	"bytes"
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// statesARN is the ARN of a resource of Step Functions in this account and region.
func (s *Service) statesARN(resource string) *string {
	return jsii.String("arn:" + *s.Stack.Partition() + ":states:" + *s.Stack.Region() + ":" + *s.Stack.Account() +
		":" + resource)
}

// newMachine declares a state machine and its role, which may do what the statements allow. id is the machine's
// logical id, roleID the role's.
//
// The name is fixed, because the machine, its role, and functions and their roles refer to each other.
func (s *Service) newMachine(
	id, name string, definition members, roleID string, statements ...awsiam.PolicyStatement,
) awsstepfunctions.StateMachine {
	text, err := json.Marshal(definition)
	if err != nil {
		panic(err) // strings and numbers cannot fail
	}
	return named(awsstepfunctions.NewStateMachine(s.Stack, jsii.String(id), &awsstepfunctions.StateMachineProps{
		StateMachineName: jsii.String(name),
		// CDK's own tasks would grant the role more than it needs.
		DefinitionBody: awsstepfunctions.DefinitionBody_FromString(jsii.String(string(text))),
		Role: named(awsiam.NewRole(s.Stack, jsii.String(roleID), &awsiam.RoleProps{
			AssumedBy: awsiam.NewServicePrincipal(jsii.String("states.amazonaws.com"), nil),
			InlinePolicies: &map[string]awsiam.PolicyDocument{
				"Access": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
			},
		})),
	}))
}

// mayInvokeRebuilder allows a machine's tasks to invoke the rebuilder.
func (s *Service) mayInvokeRebuilder() awsiam.PolicyStatement {
	return allow([]string{"lambda:InvokeFunction"}, s.Functions[annalsaws.Rebuilder].Lambda.FunctionArn())
}

// members is a JSON object with ordered members.
type members []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in order.
func (all members) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	text.WriteByte('{')
	for i, m := range all {
		if i > 0 {
			text.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		text.Write(name)
		text.WriteByte(':')
		text.Write(value)
	}
	text.WriteByte('}')
	return text.Bytes(), nil
}

// invocation is a task's call of a function: the resource of such tasks, and the function's ARN.
type invocation struct{ resource, function string }

// ofRebuilder is the call of the rebuilder.
func (s *Service) ofRebuilder() invocation {
	return invocation{
		resource: "arn:" + *s.Stack.Partition() + ":states:::lambda:invoke",
		function: *s.Functions[annalsaws.Rebuilder].Lambda.FunctionArn(),
	}
}

// task is a state that calls the function with a payload, and goes to next with its answer. Transient failures are
// retried for some minutes: throttling, outages, a process that ended, code that is about to be replaced. After that,
// and after a permanent failure, the state in catch is next. If catch is "", the execution fails with the error.
func (i invocation) task(payload members, next, catch string) members {
	task := members{{"Next", next}, {"Retry", []members{
		{{"ErrorEquals", []string{"RefusalError"}}, {"MaxAttempts", 0}},
		{
			{"ErrorEquals", []string{"States.ALL"}}, {"IntervalSeconds", 1}, {"MaxAttempts", 8}, {"BackoffRate", 2},
			{"MaxDelaySeconds", 120}, {"JitterStrategy", "FULL"},
		},
	}}}
	if catch != "" {
		task = append(task, member{"Catch", caught(catch)})
	}
	return append(task, members{
		{"Type", "Task"}, {"OutputPath", "$.Payload"}, {"Resource", i.resource},
		{"Parameters", members{{"FunctionName", i.function}, {"Payload", payload}}},
	}...)
}

// caught keeps the state's input, and adds the error.
func caught(next string) []members {
	return []members{{{"ErrorEquals", []string{"States.ALL"}}, {"ResultPath", "$.error"}, {"Next", next}}}
}

// done goes to next if the answer says that all is done, and otherwise to the other state.
func done(next, otherwise string) members {
	return members{
		{"Type", "Choice"},
		{"Choices", []members{{{"Variable", "$.done"}, {"BooleanEquals", true}, {"Next", next}}}},
		{"Default", otherwise},
	}
}

// wait waits for the seconds in the answer, and goes to next.
func wait(next string) members {
	return members{{"Type", "Wait"}, {"SecondsPath", "$.wait"}, {"Next", next}}
}

var succeed = members{{"Type", "Succeed"}}
