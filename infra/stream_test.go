package main

import "testing"

func TestSubscription(t *testing.T) {
	same(t, "ProjectorSubscription", object{
		"EventSourceArn":             getAtt("EventsTable", "StreamArn"),
		"FunctionName":               ref("ProjectorFunction"),
		"StartingPosition":           "TRIM_HORIZON",
		"BatchSize":                  100.0,
		"ParallelizationFactor":      10.0,
		"FilterCriteria":             object{"Filters": list{object{"Pattern": `{"eventName":["INSERT"]}`}}},
		"FunctionResponseTypes":      list{"ReportBatchItemFailures"},
		"BisectBatchOnFunctionError": true,
		"MaximumRetryAttempts":       -1.0,
		"MaximumRecordAgeInSeconds":  6 * 3600.0,
		"DestinationConfig":          object{"OnFailure": object{"Destination": getAtt("ProjectorFailures", "Arn")}},
	}, arm64.resource(t, "ProjectorSubscription", "AWS::Lambda::EventSourceMapping").Properties)
	same(t, "subscriptions", []string{"ProjectorSubscription"}, arm64.ids("AWS::Lambda::EventSourceMapping"))
}

func TestFailureQueue(t *testing.T) {
	same(t, "ProjectorFailures", object{
		"MessageRetentionPeriod": 14 * 24 * 3600.0,
		"SqsManagedSseEnabled":   true,
	}, arm64.resource(t, "ProjectorFailures", "AWS::SQS::Queue").Properties)
	same(t, "output", any(ref("ProjectorFailures")), arm64.template.Outputs["ProjectorFailuresUrl"].Value)
}
