package annalscdk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
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
	// expected says that there has to be something to count: nothing in outOf periods calls, where there was something before.
	expected bool
}

func newAlarm(stack awscdk.Stack, topic awssns.ITopic, a alarm) {
	// What had nothing to count is well.
	missing := awscloudwatch.TreatMissingData_NOT_BREACHING
	if a.expected {
		missing = awscloudwatch.TreatMissingData_MISSING
	}
	made := named(awscloudwatch.NewAlarm(stack, jsii.String(a.id+"Alarm"), &awscloudwatch.AlarmProps{
		AlarmDescription:   jsii.String(a.about + ". What to do: docs/runbooks/" + a.runbook + ".md"),
		Metric:             a.metric,
		Threshold:          jsii.Number(a.above),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
		DatapointsToAlarm:  jsii.Number(a.of),
		EvaluationPeriods:  jsii.Number(a.outOf),
		TreatMissingData:   missing,
	}))
	tell := awscloudwatchactions.NewSnsAction(topic)
	made.AddAlarmAction(tell)
	if a.expected {
		made.AddInsufficientDataAction(tell)
	}
}

// alarmsOf are the alarms of the stack: what callers notice, what is late, what was given up, and what is about to be full.
func alarmsOf(stack awscdk.Stack, o operated) []alarm {
	all := []alarm{
		{
			id: "ApiErrors", runbook: "api-errors", about: "More than 1 % of the requests, and more than 5 in five minutes, fail on our side",
			metric: math("IF(failed > 5, 100 * failed / requests, 0)", map[string]awscloudwatch.IMetric{
				"failed": o.ofAPI("5xx", "Sum"), "requests": o.ofAPI("Count", "Sum"),
			}),
			above: 1, of: 2, outOf: 3,
		},
		{
			id: "CommandLatency", runbook: "command-latency", about: "One command in a hundred takes longer than a second",
			metric: o.ofFunction(command, "Duration", "p99"), above: 1000, of: 3, outOf: 3,
		},
		{
			id: "FunctionErrors", runbook: "function-errors", about: "Functions crash, run out of time or fail whole batches",
			metric: sum(each(functions, func(f function) awscloudwatch.IMetric { return o.ofFunction(f, "Errors", "Sum") })),
			above:  5, of: 2, outOf: 3,
		},
		{
			id: "FunctionThrottles", runbook: "function-throttles", about: "Lambda refuses invocations for want of concurrency",
			metric: sum(each(functions, func(f function) awscloudwatch.IMetric { return o.ofFunction(f, "Throttles", "Sum") })),
			above:  10, of: 2, outOf: 3,
		},
		{
			id: "Concurrency", runbook: "function-throttles",
			about:  "The account runs more than 80 % of the invocations that it may run at once by default",
			metric: metric("AWS/Lambda", "ConcurrentExecutions", "Maximum", nil), above: 0.8 * platform.Concurrency, of: 2, outOf: 3,
		},
		{
			id: "StoreThrottles", runbook: "dynamodb-throttles", about: "DynamoDB or SQS asks the functions for patience, again and again",
			metric: sum(each(measuring, func(f function) awscloudwatch.IMetric { return o.own(stack, f, telemetry.Throttles) })),
			above:  50, of: 2, outOf: 3,
		},
		{
			id: "StoreErrors", runbook: "dynamodb-errors", about: "DynamoDB fails on the event table",
			metric: sum(o.systemErrors(annalsaws.Events, "PutItem", "TransactWriteItems", "GetItem", "Query")), above: 5, of: 2, outOf: 3,
		},
		{
			id: "Conflicts", runbook: "conflicts", about: "More appends lose to other writers than a busy stream explains",
			metric: o.own(stack, command, telemetry.Conflicts), above: 1000, of: 3, outOf: 3,
		},
		{
			id: "Tamper", runbook: "tampered-commits", about: "A stored commit was changed or removed",
			metric: o.own(stack, reactor, telemetry.TamperedCommits), above: 0, of: 1, outOf: 1,
		},
	}
	all = append(all, alarm{
		id: "RebuildFailed", runbook: "failed-rebuild", about: "A read model could not be built anew; what serves goes on",
		metric: metric("AWS/States", "ExecutionsFailed", "Sum", map[string]*string{"StateMachineArn": o.rebuilds.StateMachineArn()}), above: 0, of: 1, outOf: 1,
	})
	for _, f := range subscribers {
		all = append(all, o.subscriberAlarms(stack, f)...)
	}
	return all
}

// subscriberAlarms are those of a function that receives the event table's stream.
func (o operated) subscriberAlarms(stack awscdk.Stack, f function) []alarm {
	id, queues := pascal(f.name), o.made.queues[f.name]
	return []alarm{
		{
			id: id + "IteratorAge", runbook: "iterator-age", about: "The " + f.name + " is five minutes behind the event table's stream",
			metric: o.ofFunction(f, "IteratorAge", "Maximum"), above: 5 * 60 * 1000, of: 2, outOf: 3,
		},
		{
			id: id + "Lag", runbook: "projection-lag", about: "What the " + f.name + " brings forward is older than a minute",
			metric: o.own(stack, f, telemetry.ProjectionLag), above: 60, of: 3, outOf: 3,
		},
		{
			id: id + "Parked", runbook: "parked-streams", about: "The " + f.name + " could not apply a stream, which waits",
			metric: o.own(stack, f, telemetry.ParkedStreams), above: 0, of: 1, outOf: 1,
		},
		{
			id: id + "Unreadable", runbook: "unreadable-records", about: "The " + f.name + " set a record of the stream aside that it can't read",
			metric: o.own(stack, f, telemetry.UnreadableRecords), above: 0, of: 1, outOf: 1,
		},
		{
			id: id + "GivenUp", runbook: "given-up-batches", about: "The subscription of the " + f.name + " gave up a batch",
			metric: o.givenUp(f), above: 0, of: 1, outOf: 1,
		},
		{
			id: jobQueues[f.name].id + "DeadLetters", runbook: "dead-letters", about: "A job of the " + f.name + " failed each time",
			metric: visible(queues.deadLetters), above: 0, of: 1, outOf: 1,
		},
		{
			id: id + "Healed", runbook: "reconciliation", about: "The daily reconciliation found what nobody had delivered to the " + f.name + ", and brought it level",
			metric: o.own(stack, f, telemetry.HealedCheckpoints), above: 0, of: 1, outOf: 1,
		},
		{
			// By the hour for 30 of them. A metric can't exceed what it is compared with here: only its absence calls.
			id: id + "Reconciliation", runbook: "reconciliation", about: "The " + f.name + " has reconciled nothing for more than a day",
			metric: o.own(stack, f, telemetry.ReconciledSegments).With(&awscloudwatch.MetricOptions{Period: awscdk.Duration_Hours(jsii.Number(1))}),
			above:  1e6, of: 30, outOf: 30, expected: true,
		},
	}
}

// givenUp is how many records of the stream a subscription gave up. It is there because the subscription counts events.
func (o operated) givenUp(f function) awscloudwatch.IMetric {
	return metric("AWS/Lambda", "OnFailureDestinationDeliveredEventCount", "Sum", map[string]*string{
		"EventSourceMappingUUID": o.subscriptions[f.name].EventSourceMappingId(),
	})
}

func visible(queue awssqs.IQueue) awscloudwatch.IMetric {
	return metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", map[string]*string{"QueueName": queue.QueueName()})
}

// systemErrors are DynamoDB's failures on a table, by operation.
func (o operated) systemErrors(table annalsaws.Table, operations ...string) []awscloudwatch.IMetric {
	var all []awscloudwatch.IMetric
	for _, operation := range operations {
		all = append(all, metric("AWS/DynamoDB", "SystemErrors", "Sum", map[string]*string{
			"TableName": o.made.tables[table.Name].TableName(), "Operation": jsii.String(operation),
		}))
	}
	return all
}

// each is a metric of some functions, of each its own.
func each(all []function, of func(function) awscloudwatch.IMetric) []awscloudwatch.IMetric {
	var metrics []awscloudwatch.IMetric
	for _, f := range all {
		metrics = append(metrics, of(f))
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
