package main

import "testing"

func TestSchedules(t *testing.T) {
	for id, want := range map[string]struct{ at, jobs string }{
		"ProjectorReconciliation": {"cron(0 3 * * ? *)", "CatchUpQueue"},
		"ReactorReconciliation":   {"cron(0 4 * * ? *)", "ReactionQueue"},
	} {
		got := arm64.resource(t, id, "AWS::Scheduler::Schedule").Properties
		if description, _ := got["Description"].(string); description == "" {
			t.Error("a schedule has no Description")
		}
		delete(got, "Description")
		same(t, id, object{
			"ScheduleExpression": want.at,
			"FlexibleTimeWindow": object{"Mode": "OFF"},
			"Target": object{
				"Arn": getAtt(want.jobs, "Arn"), "RoleArn": getAtt("SchedulerRole", "Arn"), "Input": `{"task":"reconcile"}`,
			},
		}, got)
	}
	same(t, "schedules", []string{"ProjectorReconciliation", "ReactorReconciliation"},
		arm64.ids("AWS::Scheduler::Schedule"))
}
