package annalscdk

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/projection"
)

// reconcileAt is when each function compares all streams with its checkpoints, in UTC. The times differ, because each
// reads the whole event table.
var reconcileAt = map[annalsaws.Function]string{
	annalsaws.Projector: "cron(0 3 * * ? *)",
	annalsaws.Reactor:   "cron(0 4 * * ? *)",
}

// addSchedules declares the daily reconciliations: each sends a message to the function's jobs.
func (s *Service) addSchedules() {
	input, err := json.Marshal(projection.Job{Task: projection.Reconcile})
	if err != nil {
		panic(err) // constants cannot fail
	}
	role := s.schedulerRole()
	s.Schedules = map[annalsaws.Function]awsscheduler.CfnSchedule{}
	for _, f := range s.plan.subscribers() {
		s.Schedules[f.name] = named(awsscheduler.NewCfnSchedule(s.Stack, jsii.String(pascal(f.name)+"Reconciliation"),
			&awsscheduler.CfnScheduleProps{
				Description: jsii.String("Makes the " + string(f.name) + " compare all streams with its checkpoints, " +
					"and process events that it missed"),
				ScheduleExpression: jsii.String(reconcileAt[f.name]),
				FlexibleTimeWindow: notFlexible,
				Target: &awsscheduler.CfnSchedule_TargetProperty{
					Arn: s.Queues[f.name].QueueArn(), RoleArn: role.RoleArn(), Input: jsii.String(string(input)),
				},
			}))
	}
}

// schedulerRole returns the role that sends the messages of all schedules. It declares the role at the first call.
func (s *Service) schedulerRole() awsiam.Role {
	if s.SchedulerRole != nil {
		return s.SchedulerRole
	}
	var queues []*string
	for _, f := range s.plan.subscribers() {
		queues = append(queues, s.Queues[f.name].QueueArn())
	}
	statements := []awsiam.PolicyStatement{allow([]string{"sqs:SendMessage"}, queues...)}
	s.SchedulerRole = named(awsiam.NewRole(s.Stack, jsii.String("SchedulerRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String(schedulerService), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}},
		}),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"Access": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
		},
	}))
	return s.SchedulerRole
}
