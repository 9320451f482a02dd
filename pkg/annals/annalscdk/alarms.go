package annalscdk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/internal/platform"
	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// alarm describes an alarm for something that a person has to fix. Its runbook is docs/runbooks/<runbook>.md.
type alarm struct {
	id, runbook, about string
	metric             awscloudwatch.IMetric
	// above is the highest good value. The alarm fires if it is exceeded in of periods out of the last outOf.
	above     float64
	of, outOf float64
	// expected is true if missing values fire the alarm: none in outOf periods, after there were some.
	expected bool
}

func (s *Service) newAlarm(a alarm) awscloudwatch.Alarm {
	// A period without values is good.
	missing := awscloudwatch.TreatMissingData_NOT_BREACHING
	if a.expected {
		missing = awscloudwatch.TreatMissingData_MISSING
	}
	made := named(awscloudwatch.NewAlarm(s.Stack, jsii.String(a.id+"Alarm"), &awscloudwatch.AlarmProps{
		AlarmDescription:   jsii.String(a.about + ". What to do: docs/runbooks/" + a.runbook + ".md"),
		Metric:             a.metric,
		Threshold:          jsii.Number(a.above),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
		DatapointsToAlarm:  jsii.Number(a.of),
		EvaluationPeriods:  jsii.Number(a.outOf),
		TreatMissingData:   missing,
	}))
	s.Notify(made)
	if a.expected {
		made.AddInsufficientDataAction(awscloudwatchactions.NewSnsAction(s.AlarmTopic))
	}
	return made
}

// Notify sends an alarm of your own to the topic of the stack's alarms.
func (s *Service) Notify(alarm awscloudwatch.Alarm) {
	alarm.AddAlarmAction(awscloudwatchactions.NewSnsAction(s.AlarmTopic))
}

// alarms returns the stack's alarms: for errors and latency that callers notice, for delays, for work that was given
// up, and for limits that are almost reached.
func (s *Service) alarms() []alarm {
	all := []alarm{
		{
			id: "ApiErrors", runbook: "api-errors",
			about: "More than 1 % of the requests, and more than 5 in five minutes, fail with a 5xx status",
			metric: math("IF(failed > 5, 100 * failed / requests, 0)", map[string]awscloudwatch.IMetric{
				"failed": s.ofAPI("5xx", "Sum"), "requests": s.ofAPI("Count", "Sum"),
			}),
			above: 1, of: 2, outOf: 3,
		},
		{
			id: "CommandLatency", runbook: "command-latency", about: "One command in a hundred takes longer than a second",
			metric: s.ofFunction(annalsaws.Command, "Duration", "p99"), above: 1000, of: 3, outOf: 3,
		},
		{
			id: "FunctionErrors", runbook: "function-errors", about: "Functions crash, run out of time or fail whole batches",
			metric: sum(each(s.plan.functions, func(f annalsaws.Function) awscloudwatch.IMetric {
				return s.ofFunction(f, "Errors", "Sum")
			})),
			above: 5, of: 2, outOf: 3,
		},
		{
			id: "FunctionThrottles", runbook: "function-throttles",
			about: "Lambda throttles invocations because the concurrency is used up",
			metric: sum(each(s.plan.functions, func(f annalsaws.Function) awscloudwatch.IMetric {
				return s.ofFunction(f, "Throttles", "Sum")
			})),
			above: 10, of: 2, outOf: 3,
		},
		{
			id: "Concurrency", runbook: "function-throttles",
			about:  "The account uses more than 80 % of the default limit for concurrent invocations",
			metric: metric("AWS/Lambda", "ConcurrentExecutions", "Maximum", nil), above: 0.8 * platform.Concurrency,
			of: 2, outOf: 3,
		},
		{
			id: "StoreThrottles", runbook: "dynamodb-throttles", about: "DynamoDB or SQS repeatedly throttles the functions",
			metric: sum(each(s.plan.measuring(), func(f annalsaws.Function) awscloudwatch.IMetric {
				return s.own(f, telemetry.Throttles)
			})),
			above: 50, of: 2, outOf: 3,
		},
		{
			id: "StoreErrors", runbook: "dynamodb-errors", about: "DynamoDB fails on the event table",
			metric: sum(s.systemErrors(annalsaws.Events, "PutItem", "TransactWriteItems", "GetItem", "Query")), above: 5,
			of: 2, outOf: 3,
		},
		{
			id: "Conflicts", runbook: "conflicts", about: "Appends conflict with other writers unusually often",
			metric: s.own(annalsaws.Command, telemetry.Conflicts), above: 1000, of: 3, outOf: 3,
		},
		{
			id: "Tamper", runbook: "tampered-commits", about: "A stored commit was changed or removed",
			metric: s.own(annalsaws.Reactor, telemetry.TamperedCommits), above: 0, of: 1, outOf: 1,
		},
	}
	all = append(all, alarm{
		id: "RebuildFailed", runbook: "failed-rebuild",
		about: "A rebuild of a read model failed; the serving generation is not affected",
		metric: metric("AWS/States", "ExecutionsFailed", "Sum",
			map[string]*string{"StateMachineArn": s.RebuildMachine.StateMachineArn()}), above: 0, of: 1, outOf: 1,
	})
	if s.ForgetMachine != nil {
		all = append(all, s.forgetAlarm())
	}
	if s.Declaration.HasDeadlines() {
		all = append(all, s.deadlineAlarms()...)
	}
	if s.plan.elsewhere() {
		all = append(all, s.storeAlarm())
	}
	for _, f := range s.plan.subscribers() {
		all = append(all, s.subscriberAlarms(f.name)...)
	}
	return all
}

// subscriberAlarms returns the alarms of a function that receives the event table's stream.
func (s *Service) subscriberAlarms(f annalsaws.Function) []alarm {
	id, name := pascal(f), string(f)
	return []alarm{
		{
			id: id + "IteratorAge", runbook: "iterator-age",
			about:  "The " + name + " is five minutes behind the event table's stream",
			metric: s.ofFunction(f, "IteratorAge", "Maximum"), above: 5 * 60 * 1000, of: 2, outOf: 3,
		},
		{
			id: id + "Lag", runbook: "projection-lag", about: "The " + name + " is more than a minute behind the newest events",
			metric: s.own(f, telemetry.ProjectionLag), above: 60, of: 3, outOf: 3,
		},
		{
			id: id + "Parked", runbook: "parked-streams", about: "The " + name + " parked a stream that it could not apply",
			metric: s.own(f, telemetry.ParkedStreams), above: 0, of: 1, outOf: 1,
		},
		{
			id: id + "Unreadable", runbook: "unreadable-records",
			about:  "The " + name + " set aside a stream record that it cannot read",
			metric: s.own(f, telemetry.UnreadableRecords), above: 0, of: 1, outOf: 1,
		},
		{
			id: id + "GivenUp", runbook: "given-up-batches", about: "The subscription of the " + name + " gave up a batch",
			metric: s.givenUp(f), above: 0, of: 1, outOf: 1,
		},
		{
			id: jobQueues[f].id + "DeadLetters", runbook: "dead-letters",
			about:  "A job of the " + name + " failed in every attempt",
			metric: visible(s.DeadLetters[f]), above: 0, of: 1, outOf: 1,
		},
		{
			id: id + "Healed", runbook: "reconciliation",
			about:  "The daily reconciliation found events that the " + name + " had missed, and processed them",
			metric: s.own(f, telemetry.HealedCheckpoints), above: 0, of: 1, outOf: 1,
		},
		{
			// Each period is an hour, and there are 30 of them. The value cannot exceed the limit here: only missing
			// values fire the alarm.
			id: id + "Reconciliation", runbook: "reconciliation",
			about: "The " + name + " has reconciled nothing for more than a day",
			metric: s.own(f, telemetry.ReconciledSegments).With(&awscloudwatch.MetricOptions{
				Period: awscdk.Duration_Hours(jsii.Number(1)),
			}),
			above: 1e6, of: 30, outOf: 30, expected: true,
		},
	}
}

// givenUp is the metric of stream records that a subscription gave up. It exists because the subscription counts
// events.
func (s *Service) givenUp(f annalsaws.Function) awscloudwatch.IMetric {
	return metric("AWS/Lambda", "OnFailureDestinationDeliveredEventCount", "Sum", map[string]*string{
		"EventSourceMappingUUID": s.StreamSubscriptions[f].EventSourceMappingId(),
	})
}

func visible(queue awssqs.IQueue) awscloudwatch.IMetric {
	return metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", map[string]*string{
		"QueueName": queue.QueueName(),
	})
}

// systemErrors are the metrics of DynamoDB's failures on a table, by operation.
func (s *Service) systemErrors(table annalsaws.Table, operations ...string) []awscloudwatch.IMetric {
	var all []awscloudwatch.IMetric
	for _, operation := range operations {
		all = append(all, metric("AWS/DynamoDB", "SystemErrors", "Sum", map[string]*string{
			"TableName": s.Tables[table.Name].TableName(), "Operation": jsii.String(operation),
		}))
	}
	return all
}

// each returns one metric for each function.
func each(all []function, of func(annalsaws.Function) awscloudwatch.IMetric) []awscloudwatch.IMetric {
	var metrics []awscloudwatch.IMetric
	for _, f := range all {
		metrics = append(metrics, of(f.name))
	}
	return metrics
}

// sum adds metrics. An alarm takes at most ten.
func sum(metrics []awscloudwatch.IMetric) awscloudwatch.IMetric {
	using := map[string]awscloudwatch.IMetric{}
	var terms []string
	for i, m := range metrics {
		id := fmt.Sprintf("m%d", i)
		using[id] = m
		terms = append(terms, "FILL("+id+", 0)")
	}
	slices.Sort(terms)
	return math(strings.Join(terms, " + "), using)
}

func math(expression string, using map[string]awscloudwatch.IMetric) awscloudwatch.MathExpression {
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression:   jsii.String(expression),
		UsingMetrics: &using,
		Period:       awscdk.Duration_Minutes(jsii.Number(5)),
	})
}
