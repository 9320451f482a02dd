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

// alarm calls people for something that does not mend itself. Its runbook is docs/runbooks/<runbook>.md.
type alarm struct {
	id, runbook, about string
	metric             awscloudwatch.IMetric
	// above is the value that is still well. It is exceeded in of periods out of the last outOf.
	above     float64
	of, outOf float64
	// expected says that there has to be something to count: nothing in outOf periods calls, where there was
	// something before.
	expected bool
}

func (s *Service) newAlarm(a alarm) awscloudwatch.Alarm {
	// What had nothing to count is well.
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

// Notify has an alarm of your own tell the topic of the stack's alarms.
func (s *Service) Notify(alarm awscloudwatch.Alarm) {
	alarm.AddAlarmAction(awscloudwatchactions.NewSnsAction(s.AlarmTopic))
}

// alarms are the alarms of the stack: what callers notice, what is late, what was given up, and what is about to
// be full.
func (s *Service) alarms() []alarm {
	all := []alarm{
		{
			id: "ApiErrors", runbook: "api-errors", about: "More than 1 % of the requests, and more than 5 in five minutes, fail on our side",
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
			metric: sum(each(s.plan.functions, func(f annalsaws.Function) awscloudwatch.IMetric { return s.ofFunction(f, "Errors", "Sum") })),
			above:  5, of: 2, outOf: 3,
		},
		{
			id: "FunctionThrottles", runbook: "function-throttles", about: "Lambda refuses invocations for want of concurrency",
			metric: sum(each(s.plan.functions, func(f annalsaws.Function) awscloudwatch.IMetric { return s.ofFunction(f, "Throttles", "Sum") })),
			above:  10, of: 2, outOf: 3,
		},
		{
			id: "Concurrency", runbook: "function-throttles",
			about:  "The account runs more than 80 % of the invocations that it may run at once by default",
			metric: metric("AWS/Lambda", "ConcurrentExecutions", "Maximum", nil), above: 0.8 * platform.Concurrency, of: 2, outOf: 3,
		},
		{
			id: "StoreThrottles", runbook: "dynamodb-throttles", about: "DynamoDB or SQS asks the functions for patience, again and again",
			metric: sum(each(s.plan.measuring(), func(f annalsaws.Function) awscloudwatch.IMetric { return s.own(f, telemetry.Throttles) })),
			above:  50, of: 2, outOf: 3,
		},
		{
			id: "StoreErrors", runbook: "dynamodb-errors", about: "DynamoDB fails on the event table",
			metric: sum(s.systemErrors(annalsaws.Events, "PutItem", "TransactWriteItems", "GetItem", "Query")), above: 5, of: 2, outOf: 3,
		},
		{
			id: "Conflicts", runbook: "conflicts", about: "More appends lose to other writers than a busy stream explains",
			metric: s.own(annalsaws.Command, telemetry.Conflicts), above: 1000, of: 3, outOf: 3,
		},
		{
			id: "Tamper", runbook: "tampered-commits", about: "A stored commit was changed or removed",
			metric: s.own(annalsaws.Reactor, telemetry.TamperedCommits), above: 0, of: 1, outOf: 1,
		},
	}
	all = append(all, alarm{
		id: "RebuildFailed", runbook: "failed-rebuild", about: "A read model could not be built anew; what serves goes on",
		metric: metric("AWS/States", "ExecutionsFailed", "Sum", map[string]*string{"StateMachineArn": s.RebuildMachine.StateMachineArn()}), above: 0, of: 1, outOf: 1,
	})
	for _, f := range s.plan.subscribers() {
		all = append(all, s.subscriberAlarms(f.name)...)
	}
	return all
}

// subscriberAlarms are those of a function that receives the event table's stream.
func (s *Service) subscriberAlarms(f annalsaws.Function) []alarm {
	id, name := pascal(f), string(f)
	return []alarm{
		{
			id: id + "IteratorAge", runbook: "iterator-age", about: "The " + name + " is five minutes behind the event table's stream",
			metric: s.ofFunction(f, "IteratorAge", "Maximum"), above: 5 * 60 * 1000, of: 2, outOf: 3,
		},
		{
			id: id + "Lag", runbook: "projection-lag", about: "What the " + name + " brings forward is older than a minute",
			metric: s.own(f, telemetry.ProjectionLag), above: 60, of: 3, outOf: 3,
		},
		{
			id: id + "Parked", runbook: "parked-streams", about: "The " + name + " could not apply a stream, which waits",
			metric: s.own(f, telemetry.ParkedStreams), above: 0, of: 1, outOf: 1,
		},
		{
			id: id + "Unreadable", runbook: "unreadable-records", about: "The " + name + " set a record of the stream aside that it can't read",
			metric: s.own(f, telemetry.UnreadableRecords), above: 0, of: 1, outOf: 1,
		},
		{
			id: id + "GivenUp", runbook: "given-up-batches", about: "The subscription of the " + name + " gave up a batch",
			metric: s.givenUp(f), above: 0, of: 1, outOf: 1,
		},
		{
			id: jobQueues[f].id + "DeadLetters", runbook: "dead-letters", about: "A job of the " + name + " failed each time",
			metric: visible(s.DeadLetters[f]), above: 0, of: 1, outOf: 1,
		},
		{
			id: id + "Healed", runbook: "reconciliation", about: "The daily reconciliation found what nobody had delivered to the " + name + ", and brought it level",
			metric: s.own(f, telemetry.HealedCheckpoints), above: 0, of: 1, outOf: 1,
		},
		{
			// By the hour for 30 of them. A metric can't exceed what it is compared with here: only its absence calls.
			id: id + "Reconciliation", runbook: "reconciliation", about: "The " + name + " has reconciled nothing for more than a day",
			metric: s.own(f, telemetry.ReconciledSegments).With(&awscloudwatch.MetricOptions{Period: awscdk.Duration_Hours(jsii.Number(1))}),
			above:  1e6, of: 30, outOf: 30, expected: true,
		},
	}
}

// givenUp is how many records of the stream a subscription gave up. It is there because the subscription counts events.
func (s *Service) givenUp(f annalsaws.Function) awscloudwatch.IMetric {
	return metric("AWS/Lambda", "OnFailureDestinationDeliveredEventCount", "Sum", map[string]*string{
		"EventSourceMappingUUID": s.StreamSubscriptions[f].EventSourceMappingId(),
	})
}

func visible(queue awssqs.IQueue) awscloudwatch.IMetric {
	return metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", map[string]*string{"QueueName": queue.QueueName()})
}

// systemErrors are DynamoDB's failures on a table, by operation.
func (s *Service) systemErrors(table annalsaws.Table, operations ...string) []awscloudwatch.IMetric {
	var all []awscloudwatch.IMetric
	for _, operation := range operations {
		all = append(all, metric("AWS/DynamoDB", "SystemErrors", "Sum", map[string]*string{
			"TableName": s.Tables[table.Name].TableName(), "Operation": jsii.String(operation),
		}))
	}
	return all
}

// each is a metric of some functions, of each its own.
func each(all []function, of func(annalsaws.Function) awscloudwatch.IMetric) []awscloudwatch.IMetric {
	var metrics []awscloudwatch.IMetric
	for _, f := range all {
		metrics = append(metrics, of(f.name))
	}
	return metrics
}

// sum adds metrics. An alarm takes ten of them at most.
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
