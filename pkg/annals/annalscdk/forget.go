package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// forgetTask is the rebuilder's task that does a step of forgetting a person.
const forgetTask = "forget"

func (s *Service) forgetMachineName() string { return *s.Stack.StackName() + "-Forget" }

func (s *Service) forgetMachineARN() *string {
	return s.statesARN("stateMachine:" + s.forgetMachineName())
}

// addForgetting declares the state machine that forgets people, if events have personal data. See forgetStates.
func (s *Service) addForgetting() {
	if !s.Declaration.HasPersonal() {
		return
	}
	s.ForgetMachine = s.newMachine("ForgetMachine", s.forgetMachineName(), forgetStates(s.ofRebuilder()), "ForgetRole",
		s.mayInvokeRebuilder())
	// A new reactor may start a forgetting that only the rebuilder of the same deployment can do.
	s.Functions[annalsaws.Reactor].Lambda.Node().AddDependency(s.ForgetMachine)
	s.output("ForgetMachineArn", s.ForgetMachine.StateMachineArn(), "State machine that forgets people")
}

// forgetStates is the definition of the machine in Amazon States Language:
//
//	Advance → Wait → Advance → … → Forgotten
//
// The input names the subject. The rebuilder does a part of the work in each call, and says for how long to wait before
// the next one: until no function uses the key any more, later not at all. It remembers what is done, so an execution
// that failed loses nothing: the next one for the same subject continues.
func forgetStates(rebuilder invocation) members {
	return members{
		{"StartAt", "Advance"},
		{"States", members{
			{"Advance", rebuilder.task(members{{"subject.$", "$.subject"}, {"task", forgetTask}}, "Advanced", "")},
			{"Advanced", done("Forgotten", "Wait")},
			{"Wait", wait("Advance")},
			{"Forgotten", succeed},
		}},
		{"Comment", "Forgets a person"},
	}
}

// forgetAlarm is the alarm for a person who is not forgotten yet, and for whom no execution works any more.
func (s *Service) forgetAlarm() alarm {
	var ends []awscloudwatch.IMetric
	for _, name := range []string{"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"} {
		ends = append(ends, metric("AWS/States", name, "Sum",
			map[string]*string{"StateMachineArn": s.ForgetMachine.StateMachineArn()}))
	}
	return alarm{
		id: "ForgettingStopped", runbook: "stopped-forgetting",
		about:  "The forgetting of a person stopped before its end; what is done stays done",
		metric: sum(ends), above: 0, of: 1, outOf: 1,
	}
}
