package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// definition returns the state machine's definition, with CloudFormation's references as "Resource.Attribute".
func (a assembly) definition(t *testing.T) object {
	t.Helper()
	joined := a.resource(t, "RebuildMachine",
		"AWS::StepFunctions::StateMachine").Properties["DefinitionString"].(object)["Fn::Join"].(list)
	var text strings.Builder
	for _, part := range joined[1].(list) {
		switch part := part.(type) {
		case string:
			text.WriteString(part)
		case object:
			if name, ok := part["Ref"].(string); ok {
				text.WriteString(name)
			} else {
				text.WriteString(arnOf(part))
			}
		}
	}
	var d object
	if err := json.Unmarshal([]byte(text.String()), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func ask(task string, next string, caught string, segments float64) object {
	out := object{
		"Type": "Task", "Resource": "arn:AWS::Partition:states:::lambda:invoke", "OutputPath": "$.Payload", "Next": next,
		"Parameters": object{
			"FunctionName": "RebuilderFunction.Arn", "Payload": object{"task": task, "segments": segments, "stage.$": "$"},
		},
		"Retry": list{
			object{"ErrorEquals": list{"RefusalError"}, "MaxAttempts": 0.0},
			object{
				"ErrorEquals": list{"States.ALL"}, "IntervalSeconds": 1.0, "BackoffRate": 2.0, "MaxAttempts": 8.0,
				"MaxDelaySeconds": 120.0, "JitterStrategy": "FULL",
			},
		},
	}
	if caught != "" {
		out["Catch"] = list{object{"ErrorEquals": list{"States.ALL"}, "ResultPath": "$.error", "Next": caught}}
	}
	return out
}

func ifDone(then, otherwise string) object {
	return object{
		"Type": "Choice", "Choices": list{object{"Variable": "$.done", "BooleanEquals": true, "Next": then}},
		"Default": otherwise,
	}
}

func over(name, task, next string, segments, concurrency float64) object {
	return object{
		"Type": "Map", "ItemsPath": "$.segments", "MaxConcurrency": concurrency, "Label": name,
		"ResultPath": nil, "Next": next,
		"ItemSelector": object{
			"projection.$": "$.projection", "generation.$": "$.generation", "segment.$": "$$.Map.Item.Value",
		},
		"Catch": list{object{"ErrorEquals": list{"States.ALL"}, "ResultPath": "$.error", "Next": "Fail"}},
		"ItemProcessor": object{
			"ProcessorConfig": object{"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
			"StartAt":         name + "Segment",
			"States": object{
				name + "Segment":     ask(task, name+"SegmentDone", "Fail"+name, segments),
				name + "SegmentDone": ifDone(name+"Succeeded", name+"Segment"),
				name + "Succeeded":   object{"Type": "Succeed"},
				"Fail" + name:        ask("fail", name+"Failed", "", segments),
				name + "Failed":      failure,
			},
		},
	}
}

var failure = object{"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"}

func TestRebuildMachine(t *testing.T) {
	for _, test := range []struct {
		assembly              assembly
		stack                 string
		segments, concurrency float64
	}{{arm64, "Shop", 16, 4}, {prod, "Shop-prod", 100, 40}} {
		n := test.segments
		same(t, test.stack, object{"StartAt": "Start", "States": object{
			"Start": object{
				"Type": "Choice", "Choices": list{object{"Variable": "$.tidy", "IsPresent": true, "Next": "Tidy"}},
				"Default": "Begin",
			},
			"Begin":   ask("begin", "Fill", "Fail", n),
			"Fill":    over("Fill", "fill", "Survey", n, test.concurrency),
			"Survey":  ask("survey", "Compare", "Fail", n),
			"Compare": over("Compare", "compare", "Swap", n, test.concurrency),
			"Swap":    ask("swap", "Swapped", "Fail", n),
			"Swapped": ifDone("Tidy", "Survey"),
			"Tidy":    ask("tidy", "Tidied", "Fail", n),
			"Tidied":  ifDone("Rebuilt", "Keep"),
			"Keep":    object{"Type": "Wait", "SecondsPath": "$.wait", "Next": "Tidy"},
			"Rebuilt": object{"Type": "Succeed"},
			"Fail":    ask("fail", "Failed", "", n),
			"Failed":  failure,
		}, "Comment": "Rebuilds a read model beside the one that serves"}, test.assembly.definition(t))
		machine := test.assembly.resource(t, "RebuildMachine", "AWS::StepFunctions::StateMachine")
		same(t, "name", any(test.stack+"-Rebuild"), machine.Properties["StateMachineName"])
		same(t, "role", any(getAtt("RebuildRole", "Arn")), machine.Properties["RoleArn"])
	}
	same(t, "output", any(ref("RebuildMachine")), arm64.template.Outputs["RebuildMachineArn"].Value)
	if after := arm64.resource(t, "ProjectorFunction", "AWS::Lambda::Function").DependsOn; !slices.Contains(after,
		"RebuildMachine") {
		t.Errorf("the projector is updated before the rebuild machine: it depends on %v", after)
	}
}

// TestNewAccounts: by default, the stack can be deployed to an account with ten concurrent invocations, of which Lambda
// lets none be reserved. A rebuild leaves more than half of them to commands, queries and the streams.
func TestNewAccounts(t *testing.T) {
	const quota = 10.0
	for _, id := range arm64.ids("AWS::Lambda::Function") {
		if reserved := arm64.resource(t, id,
			"AWS::Lambda::Function").Properties["ReservedConcurrentExecutions"]; reserved != nil {
			t.Errorf("%s reserves the concurrency %v, want none", id, reserved)
		}
	}
	states := arm64.definition(t)["States"].(object)
	for _, name := range []string{"Fill", "Compare"} {
		if n := states[name].(object)["MaxConcurrency"].(float64); n >= quota/2 {
			t.Errorf("%s runs %v executions at once, of a quota of %v; want less than half", name, n, quota)
		}
	}
}

// statesPart returns an ARN of a part of the state machine.
func statesPart(resource string) object {
	return object{"Fn::Join": list{"", list{
		"arn:", ref("AWS::Partition"), ":states:", ref("AWS::Region"), ":", ref("AWS::AccountId"), ":" + resource,
	}}}
}

var (
	machineARN       = statesPart("stateMachine:Shop-Rebuild")
	forgetMachineARN = statesPart("stateMachine:Shop-Forget")
)

func TestRebuildRole(t *testing.T) {
	watch := []string{"states:DescribeExecution", "states:StopExecution"}
	same(t, "grants", grants{
		"RebuilderFunction.Arn":                            {"lambda:InvokeFunction"},
		fmt.Sprint(machineARN):                             {"states:StartExecution"},
		fmt.Sprint(statesPart("execution:Shop-Rebuild:*")): watch,
		fmt.Sprint(statesPart("execution:Shop-Rebuild/*")): watch,
	}, grantsOf(t, arm64.resource(t, "RebuildRole", "AWS::IAM::Role")))
}
