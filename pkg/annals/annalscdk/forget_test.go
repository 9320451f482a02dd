package annalscdk

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// statesPart returns an ARN of a part of Step Functions.
func statesPart(resource string) object {
	return object{"Fn::Join": list{"", list{
		"arn:", ref("AWS::Partition"), ":states:", ref("AWS::Region"), ":", ref("AWS::AccountId"), ":" + resource,
	}}}
}

// definition returns a state machine's definition, with "Id.Arn" where it refers to a resource.
func (a template) definition(t *testing.T, machine string) object {
	t.Helper()
	joined := a.resource(t, machine, "AWS::StepFunctions::StateMachine").Properties["DefinitionString"]
	var text strings.Builder
	for _, part := range joined.(object)["Fn::Join"].(list)[1].(list) {
		switch part := part.(type) {
		case string:
			text.WriteString(part)
		case object:
			if name, ok := part["Ref"].(string); ok {
				text.WriteString(name)
				continue
			}
			of := part["Fn::GetAtt"].(list)
			text.WriteString(of[0].(string) + "." + of[1].(string))
		}
	}
	var d object
	if err := json.Unmarshal([]byte(text.String()), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestForgetMachine: the machine calls the rebuilder until a person is forgotten, waits as long as the rebuilder says,
// and may do nothing else. The reactor starts it.
func TestForgetMachine(t *testing.T) {
	got := synthesize(t, personal())
	same(t, "definition", object{
		"Comment": "Forgets a person", "StartAt": "Advance", "States": object{
			"Advance": object{
				"Type": "Task", "Resource": "arn:AWS::Partition:states:::lambda:invoke", "OutputPath": "$.Payload",
				"Next": "Advanced",
				"Parameters": object{
					"FunctionName": "RebuilderFunction.Arn", "Payload": object{"task": "forget", "subject.$": "$.subject"},
				},
				"Retry": list{
					object{"ErrorEquals": list{"RefusalError"}, "MaxAttempts": 0.0},
					object{
						"ErrorEquals": list{"States.ALL"}, "IntervalSeconds": 1.0, "BackoffRate": 2.0, "MaxAttempts": 8.0,
						"MaxDelaySeconds": 120.0, "JitterStrategy": "FULL",
					},
				},
			},
			"Advanced": object{
				"Type": "Choice", "Choices": list{object{"Variable": "$.done", "BooleanEquals": true, "Next": "Forgotten"}},
				"Default": "Wait",
			},
			"Wait":      object{"Type": "Wait", "SecondsPath": "$.wait", "Next": "Advance"},
			"Forgotten": object{"Type": "Succeed"},
		},
	}, got.definition(t, "ForgetMachine"))
	machine := got.resource(t, "ForgetMachine", "AWS::StepFunctions::StateMachine").Properties
	same(t, "name", any("Enrol-Forget"), machine["StateMachineName"])
	same(t, "role", any(object{"Fn::GetAtt": list{"ForgetRole", "Arn"}}), machine["RoleArn"])
	same(t, "output", any(ref("ForgetMachine")), got.Outputs["ForgetMachineArn"].Value)
	same(t, "rights of the machine", list{object{
		"Effect": "Allow", "Action": "lambda:InvokeFunction",
		"Resource": object{"Fn::GetAtt": list{"RebuilderFunction", "Arn"}},
	}}, statementsOf(t, got, "ForgetRole"))
	start := object{
		"Effect": "Allow", "Action": "states:StartExecution", "Resource": statesPart("stateMachine:Enrol-Forget"),
	}
	for _, role := range got.ids("AWS::IAM::Role") {
		starts := slices.ContainsFunc(statementsOf(t, got, role), func(s any) bool {
			return strings.Contains(jsonOf(t, s), "Enrol-Forget")
		})
		same(t, role+" may start the machine", role == "ReactorRole", starts)
	}
	same(t, "right of the reactor", true, slices.ContainsFunc(statementsOf(t, got, "ReactorRole"), func(s any) bool {
		return jsonOf(t, s) == jsonOf(t, start)
	}))
	if after := got.resource(t, "ReactorFunction", "AWS::Lambda::Function").DependsOn; !slices.Contains(after,
		"ForgetMachine") {
		t.Errorf("the reactor is updated before the machine that forgets people: it depends on %v", after)
	}
}

// TestForgettingVariables: each function has the variables that annalsaws says it reads.
func TestForgettingVariables(t *testing.T) {
	_, synth := stackOf(t, personal(), Settings{ForgetWait: 12 * time.Second, PersonalRecoveryDays: 3})
	got := synth()
	for name, want := range map[string]any{
		annalsaws.ForgetMachineEnv: statesPart("stateMachine:Enrol-Forget"), annalsaws.ForgetWaitEnv: "12",
		annalsaws.RecoveryDaysEnv: "3",
	} {
		i := slices.IndexFunc(annalsaws.Variables, func(v annalsaws.Variable) bool { return v.Name == name })
		for _, f := range annalsaws.Functions {
			var wanted any
			if slices.Contains(annalsaws.Variables[i].Functions, f) {
				wanted = want
			}
			same(t, string(f)+"'s "+name, wanted, variablesOf(t, got, f)[name])
		}
	}
	same(t, "the rebuilder's snapshots", any(ref("SnapshotsTable")), variablesOf(t, got, "rebuilder")["TABLE_SNAPSHOTS"])
	same(t, "the wait by default", any("360"),
		variablesOf(t, synthesize(t, personal()), annalsaws.Query)[annalsaws.ForgetWaitEnv])
}

// TestForgettingNeedsPersonalData: without personal data a stack has nothing of it.
func TestForgettingNeedsPersonalData(t *testing.T) {
	_, synth := stackOf(t, everything(), Settings{ForgetWait: time.Second})
	got := synth()
	all := jsonOf(t, []any{got.Resources, got.Outputs, got.Metadata})
	for _, word := range []string{"Forget", "forget", "FORGET", "PERSONAL", "KeysTable"} {
		if at := strings.Index(all, word); at >= 0 {
			t.Errorf("a stack without personal data has %q: …%s…", word, all[max(at-100, 0):min(at+100, len(all))])
		}
	}
	same(t, "rights of the rebuilder on the event table",
		[]string{"dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"}, actionsOn(t, got, "RebuilderRole", "EventsTable"))
	same(t, "rights of the rebuilder on snapshots", []string(nil), actionsOn(t, got, "RebuilderRole", "SnapshotsTable"))
}

// TestForgettingStopped: an execution that stops before its end fires an alarm, whose page tells what to do.
func TestForgettingStopped(t *testing.T) {
	got := synthesize(t, personal())
	alarm := got.resource(t, "ForgettingStoppedAlarm", "AWS::CloudWatch::Alarm").Properties
	var counted []string
	for _, one := range alarm["Metrics"].(list) {
		stat, measured := one.(object)["MetricStat"].(object)
		if !measured {
			continue
		}
		m := stat["Metric"].(object)
		counted = append(counted, m["MetricName"].(string))
		same(t, "dimensions", any(list{object{"Name": "StateMachineArn", "Value": ref("ForgetMachine")}}), m["Dimensions"])
	}
	slices.Sort(counted)
	same(t, "metrics", []string{"ExecutionsAborted", "ExecutionsFailed", "ExecutionsTimedOut"}, counted)
	same(t, "actions", any(list{ref("AlarmTopic")}), alarm["AlarmActions"])
	_, page, found := strings.Cut(alarm["AlarmDescription"].(string), "What to do: ")
	if !found {
		t.Fatalf("the alarm names no runbook: %v", alarm["AlarmDescription"])
	}
	runbook, err := os.ReadFile("../../../" + page)
	if err != nil || !strings.Contains(string(runbook), "`ForgettingStoppedAlarm`") {
		t.Errorf("the runbook %s is missing or does not name the alarm: %v", page, err)
	}
}

// TestForgetWaitIsChecked: the wait is whole seconds, an hour at most, in the file and in a program.
func TestForgetWaitIsChecked(t *testing.T) {
	for _, value := range []any{0.0, 3601.0, -1.0, 1.5, "soon"} {
		_, err := readSettings(object{"forgetWait": value})
		if want := ": it must be a whole number of seconds from 1 to 3600"; err == nil ||
			!strings.HasPrefix(err.Error(), "forgetWait is ") || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("forgetWait of %v: %v, want an error that ends with %s", value, err, want)
		}
	}
	for value, want := range map[time.Duration]string{
		1500 * time.Millisecond: "forgetWait is 1.5: it must be a whole number of seconds from 1 to 3600",
		-time.Second:            "forgetWait is -1: it must be a whole number of seconds from 1 to 3600",
		2 * time.Hour:           "forgetWait is 7200: it must be a whole number of seconds from 1 to 3600",
	} {
		_, err := New(nil, "Stack", personal(), Settings{BuildDir: built(t), ForgetWait: value})
		if err == nil || err.Error() != want {
			t.Errorf("a wait of %v: %v, want %s", value, err, want)
		}
	}
	_, err := New(nil, "Stack", personal(), Settings{BuildDir: built(t), Stage: "prod", ForgetWait: 5 * time.Second})
	if want := "forgetWait is 5: in the stage prod it must be at least 360 seconds"; err == nil ||
		!strings.HasPrefix(err.Error(), want) {
		t.Errorf("a short wait in prod: %v, want %s", err, want)
	}
	props, chosen, err := Configure("../../../cdk.json", `{"forgetWait":2}`, []byte(`{"default": {}}`))
	if err != nil || props == nil || chosen.ForgetWait != 2*time.Second {
		t.Errorf("forgetWait in the context: %v, %v, want 2 s", chosen.ForgetWait, err)
	}
	for _, value := range []any{3600.0, "3600"} {
		if got, err := readSettings(object{"forgetWait": value}); err != nil || got.ForgetWait != time.Hour {
			t.Errorf("forgetWait of %v: %v, %v, want an hour", value, got.ForgetWait, err)
		}
	}
}

// TestRebuilderAppends: the rebuilder of a service with personal data appends events, so its role passes the check that
// no role can overwrite them. Nobody else's does.
func TestRebuilderAppends(t *testing.T) {
	s, _ := stackOf(t, personal(), Settings{})
	if err := s.Check(); err != nil {
		t.Errorf("check a service with personal data: %v", err)
	}
	other, _ := stackOf(t, enrol(), Settings{})
	other.Tables["events"].Grant(other.Functions[annalsaws.Rebuilder].Role, jsii.String("dynamodb:PutItem"))
	if err := other.Check(); err == nil || !strings.Contains(err.Error(), "dynamodb:PutItem on the event table") {
		t.Errorf("a rebuilder that may append without personal data: %v, want an error", err)
	}
}

// jsonOf is a value as JSON.
func jsonOf(t *testing.T, value any) string {
	t.Helper()
	b, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// variablesOf are a function's environment variables.
func variablesOf(t *testing.T, from template, f annalsaws.Function) object {
	t.Helper()
	environment, _ := from.resource(t, annalsaws.Pascal(string(f))+"Function",
		"AWS::Lambda::Function").Properties["Environment"].(object)
	variables, _ := environment["Variables"].(object)
	return variables
}

// statementsOf are the statements of a role's policies.
func statementsOf(t *testing.T, from template, role string) list {
	t.Helper()
	var all list
	policies, _ := from.resource(t, role, "AWS::IAM::Role").Properties["Policies"].(list)
	for _, policy := range policies {
		all = append(all, policy.(object)["PolicyDocument"].(object)["Statement"].(list)...)
	}
	return all
}
