package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/internal/publish"
	"github.com/annals-es/annals/internal/tamper"
)

// newBus declares the bus of the integration events and returns its ARN, or that of the one that the settings name. It is called
// as the stack is: rules are written by others, who know it by name.
func newBus(stack awscdk.Stack, conf config) *string {
	arn := jsii.String(conf.eventBus)
	if conf.eventBus == "" {
		arn = named(awsevents.NewEventBus(stack, jsii.String("EventBus"), &awsevents.EventBusProps{
			EventBusName: jsii.String(conf.stackName()),
			Description:  jsii.String("Integration events: see docs/integration-events.md"),
		})).EventBusArn()
	}
	output(stack, "EventBusArn", arn, "EventBridge bus of the integration events")
	return arn
}

// publisherEnvironment is what the function that publishes is told.
func publisherEnvironment(conf config, made resources) map[string]*string {
	return map[string]*string{
		publish.BusEnv: made.bus,
		// The same wherever the stack is deployed anew: consumers know events by it.
		publish.SourceEnv: jsii.String("/annals/" + conf.stackName()),
	}
}

// newTamperAlarm declares the alarm on stored commits that were changed or removed, as the function sees them on the stream.
func newTamperAlarm(stack awscdk.Stack, seenBy awslambda.Function, actions ...awscloudwatch.IAlarmAction) {
	metric := awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String(tamper.Namespace), MetricName: jsii.String(tamper.Metric),
		DimensionsMap: &map[string]*string{tamper.Dimension: seenBy.FunctionName()},
		Statistic:     jsii.String("Sum"), Period: awscdk.Duration_Minutes(jsii.Number(1)),
	})
	alarm := named(awscloudwatch.NewAlarm(stack, jsii.String("TamperAlarm"), &awscloudwatch.AlarmProps{
		AlarmDescription: jsii.String("A stored commit was changed or removed. Commits are only ever inserted: find out who did it. " +
			"The log of the reactor names the commit, pkg/es/verify finds what else differs."),
		Metric: metric, Threshold: jsii.Number(1), EvaluationPeriods: jsii.Number(1),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING, // nothing was changed, nothing is counted
	}))
	if len(actions) > 0 {
		alarm.AddAlarmAction(actions...)
	}
}
