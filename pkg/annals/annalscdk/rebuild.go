package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/es/projection"
)

// rebuildMachineName is the machine's name: its role names the machine, and the machine its role.
func rebuildMachineName(stack awscdk.Stack) string { return *stack.StackName() + "-Rebuild" }

// statesARN is the ARN of a resource of Step Functions in this account and region.
func statesARN(stack awscdk.Stack, resource string) *string {
	return jsii.String("arn:" + *stack.Partition() + ":states:" + *stack.Region() + ":" + *stack.Account() + ":" + resource)
}

func rebuildMachineARN(stack awscdk.Stack) *string {
	return statesARN(stack, "stateMachine:"+rebuildMachineName(stack))
}

// newRebuildMachine declares the state machine that builds a read model anew beside the one that serves:
//
//	Begin → Fill (a map over segments) → Survey → Compare (a map over segments) → Swap → Tidy
//
// Swap goes back to Survey where live writes were in the way. Tidy waits until the generation before may go, and drops it. A
// segment is asked for again until it is done, so none needs more time than an invocation has. Whatever fails for good is
// noted with the generation, and the execution fails; what serves is not touched, and the next execution goes on from there.
func newRebuildMachine(stack awscdk.Stack, conf config, rebuilder awslambda.Function) awsstepfunctions.StateMachine {
	m := rebuildMachine{stack: stack, conf: conf, rebuilder: rebuilder}
	made := named(awsstepfunctions.NewStateMachine(stack, jsii.String("RebuildMachine"), &awsstepfunctions.StateMachineProps{
		StateMachineName: jsii.String(rebuildMachineName(stack)),
		Comment:          jsii.String("Builds a read model anew beside the one that serves"),
		DefinitionBody:   awsstepfunctions.DefinitionBody_FromChainable(m.definition()),
		Role:             newRebuildRole(stack, rebuilder),
	}))
	output(stack, "RebuildMachineArn", made.StateMachineArn(), "State machine that builds read models anew")
	return made
}

type rebuildMachine struct {
	stack     awscdk.Stack
	conf      config
	rebuilder awslambda.Function
}

func (m rebuildMachine) definition() awsstepfunctions.IChainable {
	failed := m.task("Fail", projection.StageFail)
	failed.Next(awsstepfunctions.NewFail(m.stack, jsii.String("Failed"), &awsstepfunctions.FailProps{
		ErrorPath: jsii.String("$.error.Error"), CausePath: jsii.String("$.error.Cause"),
	}))
	begin, survey := m.task("Begin", projection.StageBegin), m.task("Survey", projection.StageSurvey)
	swap, tidy := m.task("Swap", projection.StageSwap), m.task("Tidy", projection.StageTidy)
	fill := m.overSegments("Fill", projection.StageFill)
	compare := m.overSegments("Compare", projection.StageCompare)
	for _, t := range []awsstepfunctions.TaskStateBase{begin, survey, swap, tidy} {
		t.AddCatch(failed, caught)
	}
	fill.AddCatch(failed, caught)
	compare.AddCatch(failed, caught)

	wait := awsstepfunctions.NewWait(m.stack, jsii.String("Keep"), &awsstepfunctions.WaitProps{
		Time: awsstepfunctions.WaitTime_SecondsPath(jsii.String("$.wait")),
	})
	tidy.Next(m.done("Tidied", awsstepfunctions.NewSucceed(m.stack, jsii.String("Rebuilt"), nil), wait.Next(tidy)))
	begin.Next(fill).Next(survey).Next(compare).Next(swap).Next(m.done("Swapped", tidy, survey))
	return awsstepfunctions.NewChoice(m.stack, jsii.String("Start"), nil).
		When(awsstepfunctions.Condition_IsPresent(jsii.String("$.tidy")), tidy, nil).
		Otherwise(begin)
}

// caught keeps what is known of the rebuild, with the error.
var caught = &awsstepfunctions.CatchProps{ResultPath: jsii.String("$.error")}

// overSegments is a map over the segments of a stage. Each is an execution of its own: there may be more than one execution's
// history can hold, and each shows by itself how far it is.
func (m rebuildMachine) overSegments(name, stage string) awsstepfunctions.DistributedMap {
	task, failed := m.task(name+"Segment", stage), m.task("Fail"+name, projection.StageFail)
	failed.Next(awsstepfunctions.NewFail(m.stack, jsii.String(name+"Failed"), &awsstepfunctions.FailProps{
		ErrorPath: jsii.String("$.error.Error"), CausePath: jsii.String("$.error.Cause"),
	}))
	task.AddCatch(failed, caught)
	task.Next(m.done(name+"SegmentDone", awsstepfunctions.NewSucceed(m.stack, jsii.String(name+"Succeeded"), nil), task))
	over := awsstepfunctions.NewDistributedMap(m.stack, jsii.String(name), &awsstepfunctions.DistributedMapProps{
		ItemsPath: jsii.String("$.segments"),
		ItemSelector: &map[string]any{
			"projection": awsstepfunctions.JsonPath_StringAt(jsii.String("$.projection")),
			"generation": awsstepfunctions.JsonPath_NumberAt(jsii.String("$.generation")),
			"segment":    awsstepfunctions.JsonPath_NumberAt(jsii.String("$$.Map.Item.Value")),
		},
		MaxConcurrency:   jsii.Number(m.conf.rebuildConcurrency),
		MapExecutionType: awsstepfunctions.StateMachineType_STANDARD,
		Label:            jsii.String(name),
		ResultPath:       awsstepfunctions.JsonPath_DISCARD(),
	})
	return over.ItemProcessor(task, nil)
}

// task asks the rebuilder to take the stage on. What passes is tried again for some minutes: throttles, outages, a process
// that died, code that is about to be replaced.
func (m rebuildMachine) task(name, stage string) awsstepfunctionstasks.LambdaInvoke {
	task := awsstepfunctionstasks.NewLambdaInvoke(m.stack, jsii.String(name), &awsstepfunctionstasks.LambdaInvokeProps{
		LambdaFunction: m.rebuilder,
		Payload: awsstepfunctions.TaskInput_FromObject(&map[string]any{
			"task": stage, "segments": m.conf.rebuildSegments, "stage": awsstepfunctions.JsonPath_EntirePayload(),
		}),
		OutputPath:               jsii.String("$.Payload"),
		RetryOnServiceExceptions: jsii.Bool(false), // they are among all errors
	})
	task.AddRetry(&awsstepfunctions.RetryProps{Errors: jsii.Strings("RefusalError"), MaxAttempts: jsii.Number(0)})
	task.AddRetry(&awsstepfunctions.RetryProps{
		Errors: jsii.Strings("States.ALL"), MaxAttempts: jsii.Number(8), Interval: awscdk.Duration_Seconds(jsii.Number(1)),
		BackoffRate: jsii.Number(2), MaxDelay: awscdk.Duration_Minutes(jsii.Number(2)), JitterStrategy: awsstepfunctions.JitterType_FULL,
	})
	return task
}

// done goes on where the stage is done, and otherwise elsewhere.
func (m rebuildMachine) done(name string, done, otherwise awsstepfunctions.IChainable) awsstepfunctions.Choice {
	return awsstepfunctions.NewChoice(m.stack, jsii.String(name), nil).
		When(awsstepfunctions.Condition_BooleanEquals(jsii.String("$.done"), jsii.Bool(true)), done, nil).
		Otherwise(otherwise)
}

// newRebuildRole declares what the machine may do: invoke the rebuilder, and start, watch and stop the executions of its own
// maps.
func newRebuildRole(stack awscdk.Stack, rebuilder awslambda.Function) awsiam.IRole {
	name := rebuildMachineName(stack)
	statements := []awsiam.PolicyStatement{
		allow([]string{"lambda:InvokeFunction"}, rebuilder.FunctionArn()),
		allow([]string{"states:StartExecution"}, rebuildMachineARN(stack)),
		allow([]string{"states:DescribeExecution", "states:StopExecution"},
			statesARN(stack, "execution:"+name+":*"), statesARN(stack, "execution:"+name+"/*")),
	}
	role := named(awsiam.NewRole(stack, jsii.String("RebuildRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("states.amazonaws.com"), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"Access": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
		},
	}))
	return role.WithoutPolicyUpdates(nil)
}
