package main

import "testing"

func TestSubscriptions(t *testing.T) {
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
	same(t, "CatchUpSubscription", object{
		"EventSourceArn":        getAtt("CatchUpQueue", "Arn"),
		"FunctionName":          ref("ProjectorFunction"),
		"BatchSize":             10.0,
		"FunctionResponseTypes": list{"ReportBatchItemFailures"},
		"ScalingConfig":         object{"MaximumConcurrency": 5.0},
	}, arm64.resource(t, "CatchUpSubscription", "AWS::Lambda::EventSourceMapping").Properties)
	same(t, "subscriptions", []string{"CatchUpSubscription", "ProjectorSubscription"}, arm64.ids("AWS::Lambda::EventSourceMapping"))
}
