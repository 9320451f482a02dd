package annalscdk

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// addRecurrences declares a schedule for each recurring work: it sends a message to the reactor's jobs.
func (s *Service) addRecurrences() {
	s.Recurrences = map[string]awsscheduler.CfnSchedule{}
	for _, work := range s.Declaration.Recurring {
		props := &awsscheduler.CfnScheduleProps{
			Description:        jsii.String("Makes the reactor do the recurring work " + work.Name),
			GroupName:          jsii.String(s.deadlineGroupName()),
			ScheduleExpression: jsii.String(work.Expression),
			FlexibleTimeWindow: notFlexible,
			Target: &awsscheduler.CfnSchedule_TargetProperty{
				Arn: s.Queues[annalsaws.Reactor].QueueArn(), RoleArn: s.schedulerRole().RoleArn(),
				Input: jsii.String(recurringInput(work)),
			},
		}
		if work.TimeZone != "" {
			props.ScheduleExpressionTimezone = jsii.String(work.TimeZone)
		}
		made := named(awsscheduler.NewCfnSchedule(s.Stack, jsii.String(pascal(work.Name)+"Recurrence"), props))
		made.AddResourceDependency(s.DeadlineGroup, nil)
		s.Recurrences[work.Name] = made
	}
}

// notFlexible makes a schedule send its message at its time.
var notFlexible = &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")}

// recurringInput is the message of recurring work. Scheduler looks for the brackets of [annalsaws.ScheduledTime], so
// they are not escaped.
func recurringInput(work *annals.DeclaredRecurrence) string {
	var text bytes.Buffer
	to := json.NewEncoder(&text)
	to.SetEscapeHTML(false)
	if err := to.Encode(annalsaws.RecurringJob{
		Task: annalsaws.RecurringTask, Name: work.Name, Scheduled: annalsaws.ScheduledTime,
	}); err != nil {
		panic(err) // strings cannot fail
	}
	return strings.TrimSuffix(text.String(), "\n")
}
