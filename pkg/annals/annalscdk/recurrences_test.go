package annalscdk

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// recurring are works that come again.
func recurring() annals.Part {
	do := func(*annals.Tx, time.Time) error { return nil }
	return annals.Parts(annals.Recurring("close-day", "cron(0 9 ? * MON-FRI *)", "Europe/Zurich", do),
		annals.Recurring("sweep", "rate(5 minutes)", "", do))
}

// TestRecurrences: each recurring work has a schedule that sends its message to the reactor's jobs.
func TestRecurrences(t *testing.T) {
	made, synth := stackOf(t, enrol(recurring()), Settings{})
	got := synth()
	for id, want := range map[string]object{
		"CloseDayRecurrence": {
			"ScheduleExpression": "cron(0 9 ? * MON-FRI *)", "ScheduleExpressionTimezone": "Europe/Zurich",
			"Target": `{"task":"recurring","name":"close-day","scheduled":"<aws.scheduler.scheduled-time>"}`,
		},
		"SweepRecurrence": {
			"ScheduleExpression": "rate(5 minutes)",
			"Target":             `{"task":"recurring","name":"sweep","scheduled":"<aws.scheduler.scheduled-time>"}`,
		},
	} {
		want["GroupName"] = "Enrol-Deadlines"
		want["FlexibleTimeWindow"] = object{"Mode": "OFF"}
		want["Target"] = object{
			"Arn":     object{"Fn::GetAtt": list{"ReactionQueue", "Arn"}},
			"RoleArn": object{"Fn::GetAtt": list{"SchedulerRole", "Arn"}}, "Input": want["Target"],
		}
		schedule := got.resource(t, id, "AWS::Scheduler::Schedule")
		delete(schedule.Properties, "Description")
		same(t, id, want, schedule.Properties)
		same(t, id+" waits for its group", []string{"Deadlines"}, schedule.DependsOn)
	}
	same(t, "parts", []string{"close-day", "sweep"}, slices.Sorted(maps.Keys(made.Recurrences)))
	got.resource(t, "Deadlines", "AWS::Scheduler::ScheduleGroup")
	reactor := jsonOf(t, []any{statementsOf(t, got, "ReactorRole"), variablesOf(t, got, annalsaws.Reactor)})
	for _, word := range []string{"scheduler:", "iam:PassRole", "DEADLINE"} {
		if strings.Contains(reactor, word) {
			t.Errorf("the reactor of a service without timers has %s", word)
		}
	}
	same(t, "alarms", synthesize(t, enrol()).ids("AWS::CloudWatch::Alarm"), got.ids("AWS::CloudWatch::Alarm"))
}
