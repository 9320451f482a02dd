package annalscdk

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/projection"
)

// reminder is a timer, with a setting that says when.
var (
	patience = annals.Setting("paymentDeadline", 72*time.Hour)
	reminder = annals.Parts(patience, annals.Deadlines("remind", courses,
		func(t *annals.Timetable, e projection.Event[event]) { t.Set("pay", e.At.Add(patience.In(t.Running))) },
		func(*annals.Tx, annals.Due) error { return nil }))
)

// TestDeadlines: the reactor may make and delete schedules in the group of the stack, pass them the role that sends
// their messages, and list open deadlines.
func TestDeadlines(t *testing.T) {
	made, synth := stackOf(t, enrol(reminder), Settings{})
	got := synth()
	group := got.resource(t, "Deadlines", "AWS::Scheduler::ScheduleGroup")
	same(t, "name of the group", any("Enrol-Deadlines"), group.Properties["Name"])
	same(t, "when the stack is deleted", "", group.DeletionPolicy)
	same(t, "output", any(ref("Deadlines")), got.Outputs["DeadlineGroupName"].Value)
	role := object{"Fn::GetAtt": list{"SchedulerRole", "Arn"}}
	for name, want := range map[string]any{
		annalsaws.DeadlineGroupEnv: "Enrol-Deadlines", annalsaws.DeadlineRoleEnv: role,
		annalsaws.DeadlineQueueEnv: object{"Fn::GetAtt": list{"ReactionQueue", "Arn"}},
	} {
		for _, f := range annalsaws.Functions {
			var wanted any
			if f == annalsaws.Reactor {
				wanted = want
			}
			same(t, string(f)+"'s "+name, wanted, variablesOf(t, got, f)[name])
		}
	}
	for _, want := range []object{
		{
			"Effect": "Allow", "Action": list{"scheduler:CreateSchedule", "scheduler:DeleteSchedule"},
			"Resource": object{"Fn::Join": list{"", list{
				"arn:", ref("AWS::Partition"), ":scheduler:", ref("AWS::Region"), ":", ref("AWS::AccountId"),
				":schedule/Enrol-Deadlines/*",
			}}},
		},
		{
			"Effect": "Allow", "Action": "iam:PassRole", "Resource": role,
			"Condition": object{"StringEquals": object{"iam:PassedToService": "scheduler.amazonaws.com"}},
		},
		{"Effect": "Allow", "Action": "dynamodb:Query", "Resource": list{
			object{"Fn::Join": list{"", list{object{"Fn::GetAtt": list{"RemindTable", "Arn"}}, "/index/slot1"}}},
			object{"Fn::Join": list{"", list{object{"Fn::GetAtt": list{"RemindTable", "Arn"}}, "/index/slot2"}}},
		}},
	} {
		for _, id := range got.ids("AWS::IAM::Role") {
			has := slices.ContainsFunc(statementsOf(t, got, id), func(s any) bool {
				return jsonOf(t, s) == jsonOf(t, want)
			})
			same(t, id+" has "+jsonOf(t, want), id == "ReactorRole", has)
		}
	}
	same(t, "the role sends to the queue", true, strings.Contains(jsonOf(t, statementsOf(t, got, "SchedulerRole")),
		`"ReactionQueue"`))
	if after := got.resource(t, "ReactorFunction", "AWS::Lambda::Function").DependsOn; !slices.Contains(after, "Deadlines") {
		t.Errorf("the reactor is updated before the group exists: it depends on %v", after)
	}
	if made.DeadlineGroup == nil || made.SchedulerRole == nil || len(made.Recurrences) != 0 {
		t.Errorf("parts: %v, %v, %v", made.DeadlineGroup, made.SchedulerRole, made.Recurrences)
	}
}

// TestDeadlineAlarms: deadlines that failed or are late fire alarms, whose pages tell what to do.
func TestDeadlineAlarms(t *testing.T) {
	got := synthesize(t, enrol(reminder))
	for id, want := range map[string]list{
		"DeadlinesFailedAlarm": {"DeadlinesFailed", "Sum", 0.0},
		"LateDeadlinesAlarm":   {"DeadlineLateness", "Maximum", 900.0},
	} {
		alarm := got.resource(t, id, "AWS::CloudWatch::Alarm").Properties
		same(t, id, append(want, "Enrol", list{object{"Name": "Function", "Value": ref("ReactorFunction")}},
			list{ref("AlarmTopic")}, "notBreaching"), list{
			alarm["MetricName"], alarm["Statistic"], alarm["Threshold"], alarm["Namespace"], alarm["Dimensions"],
			alarm["AlarmActions"], alarm["TreatMissingData"],
		})
		_, page, _ := strings.Cut(alarm["AlarmDescription"].(string), "What to do: ")
		runbook, err := os.ReadFile("../../../" + page)
		if err != nil || !strings.Contains(string(runbook), "`"+id+"`") {
			t.Errorf("the runbook %q is missing or does not name the alarm %s: %v", page, id, err)
		}
	}
	dashboard := jsonOf(t, got.resource(t, "Dashboard", "AWS::CloudWatch::Dashboard").Properties)
	for _, name := range []string{"DeadlinesExecuted", "DeadlinesFailed", "DeadlineLateness"} {
		if !strings.Contains(dashboard, name) {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

// TestDeadlinesNeedTimers: a service without timers and recurring work has nothing of them. With them it has these
// resources more, and no others.
func TestDeadlinesNeedTimers(t *testing.T) {
	plain, timed := synthesize(t, everything()), synthesize(t, enrolEverything(reminder, recurring()))
	all := jsonOf(t, []any{plain.Resources, plain.Outputs, plain.Metadata})
	for _, word := range []string{
		"Deadline", "deadline", "DEADLINE", "ecurr", "iam:PassRole", "ScheduleGroup", "scheduler:", "PAYMENT",
	} {
		if at := strings.Index(all, word); at >= 0 {
			t.Errorf("a stack without timers has %q: …%s…", word, all[max(at-100, 0):min(at+100, len(all))])
		}
	}
	var more, outputs []string
	for id := range timed.Resources {
		if _, is := plain.Resources[id]; !is {
			more = append(more, id)
		}
	}
	for id := range timed.Outputs {
		if _, is := plain.Outputs[id]; !is {
			outputs = append(outputs, id)
		}
	}
	slices.Sort(more)
	slices.Sort(outputs)
	same(t, "resources of timers and recurring work", []string{
		"CloseDayRecurrence", "Deadlines", "DeadlinesFailedAlarm", "LateDeadlinesAlarm", "RemindTable", "SweepRecurrence",
	}, more)
	same(t, "outputs", []string{"DeadlineGroupName", "RemindTableName"}, outputs)
	same(t, "resources that are gone", len(plain.Resources)+len(more), len(timed.Resources))
}
