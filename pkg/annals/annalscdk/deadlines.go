package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// schedulerService is the service that sends the messages of schedules.
const schedulerService = "scheduler.amazonaws.com"

// deadlineGroupSuffix ends the name of the group of schedules, after the stack's name.
const deadlineGroupSuffix = "-Deadlines"

// deadlineGroupName is the name of the group of the schedules of deadlines and of recurring work. It is fixed, so that
// the reactor's role can name schedules in the group.
func (s *Service) deadlineGroupName() string { return *s.Stack.StackName() + deadlineGroupSuffix }

// addDeadlines declares the group of the schedules that the reactor makes for deadlines, and the schedules of recurring
// work. The group is deleted with the stack, and its schedules with it. A service with neither has no group.
func (s *Service) addDeadlines() {
	timers, recurring := s.Declaration.HasDeadlines(), len(s.Declaration.Recurring) > 0
	if !timers && !recurring {
		return
	}
	name := jsii.String(s.deadlineGroupName())
	s.DeadlineGroup = named(awsscheduler.NewCfnScheduleGroup(s.Stack, jsii.String("Deadlines"),
		&awsscheduler.CfnScheduleGroupProps{Name: name}))
	s.output("DeadlineGroupName", s.DeadlineGroup.Ref(), "Group of the schedules of deadlines and of recurring work")
	if timers {
		// A new reactor may ask for a deadline at once.
		s.Functions[annalsaws.Reactor].Lambda.Node().AddDependency(s.DeadlineGroup)
	}
	s.addRecurrences()
}

// deadlineEnvironment returns a function's variables for deadlines. It has none if it asks for none.
func (s *Service) deadlineEnvironment(f function) map[string]*string {
	if !f.asksForDeadlines {
		return nil
	}
	return map[string]*string{
		annalsaws.DeadlineGroupEnv: jsii.String(s.deadlineGroupName()),
		annalsaws.DeadlineRoleEnv:  s.schedulerRole().RoleArn(),
		annalsaws.DeadlineQueueEnv: s.Queues[annalsaws.Reactor].QueueArn(),
	}
}

// deadlineStatements allow making and deleting schedules in the group, and passing them the role that sends their
// messages.
func (s *Service) deadlineStatements() []awsiam.PolicyStatement {
	schedules := "arn:" + *s.Stack.Partition() + ":scheduler:" + *s.Stack.Region() + ":" + *s.Stack.Account() +
		":schedule/" + s.deadlineGroupName() + "/*"
	return []awsiam.PolicyStatement{
		allow([]string{"scheduler:CreateSchedule", "scheduler:DeleteSchedule"}, &schedules),
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("iam:PassRole"), Resources: &[]*string{s.schedulerRole().RoleArn()},
			Conditions: &map[string]any{"StringEquals": map[string]any{"iam:PassedToService": schedulerService}},
		}),
	}
}

// deadlineAlarms are the alarms of a service with timers.
func (s *Service) deadlineAlarms() []alarm {
	return []alarm{
		{
			id: "DeadlinesFailed", runbook: "failed-deadlines",
			about:  "The command of a deadline failed for good; the deadline stays open until an operator runs or cancels it",
			metric: s.own(annalsaws.Reactor, telemetry.DeadlinesFailed), above: 0, of: 1, outOf: 1,
		},
		{
			id: "LateDeadlines", runbook: "late-deadlines",
			about:  "The command of a deadline was executed more than 15 minutes late",
			metric: s.own(annalsaws.Reactor, telemetry.DeadlineLateness), above: 15 * 60, of: 1, outOf: 1,
		},
	}
}

// deadlinePanels are the charts of a service with timers.
func (s *Service) deadlinePanels() []panel {
	of := func(m *telemetry.Metric) awscloudwatch.IMetric { return s.own(annalsaws.Reactor, m) }
	return []panel{
		{"Deadlines", []awscloudwatch.IMetric{of(telemetry.DeadlinesExecuted), of(telemetry.DeadlinesFailed)}},
		{"Lateness of deadlines, s", []awscloudwatch.IMetric{of(telemetry.DeadlineLateness)}},
	}
}
