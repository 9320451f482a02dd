package main

import "testing"

func TestSubscriptions(t *testing.T) {
	filters := map[string]list{
		"Projector": {object{"Pattern": `{"eventName":["INSERT"]}`}},
		// The reactor has to do with more types of streams than there can be filters. It receives every record that is not an
		// insertion, too.
		"Reactor": {object{"Pattern": `{"eventName":["INSERT"]}`}, object{"Pattern": `{"eventName":["MODIFY","REMOVE"]}`}},
	}
	for function, jobs := range map[string]string{"Projector": "CatchUp", "Reactor": "Reaction"} {
		same(t, function, object{
			"EventSourceArn":             getAtt("EventsTable", "StreamArn"),
			"FunctionName":               ref(function + "Function"),
			"StartingPosition":           "TRIM_HORIZON",
			"BatchSize":                  100.0,
			"ParallelizationFactor":      1.0,
			"FilterCriteria":             object{"Filters": filters[function]},
			"FunctionResponseTypes":      list{"ReportBatchItemFailures"},
			"BisectBatchOnFunctionError": true,
			"MaximumRetryAttempts":       -1.0,
			"MaximumRecordAgeInSeconds":  6 * 3600.0,
			"DestinationConfig":          object{"OnFailure": object{"Destination": getAtt(function+"Failures", "Arn")}},
			"MetricsConfig":              object{"Metrics": list{"EventCount"}},

			"MaximumBatchingWindowInSeconds": 0.0,
		}, arm64.resource(t, function+"Subscription", "AWS::Lambda::EventSourceMapping").Properties)
		same(t, jobs, object{
			"EventSourceArn":        getAtt(jobs+"Queue", "Arn"),
			"FunctionName":          ref(function + "Function"),
			"BatchSize":             10.0,
			"FunctionResponseTypes": list{"ReportBatchItemFailures"},
			"ScalingConfig":         object{"MaximumConcurrency": 5.0},
		}, arm64.resource(t, jobs+"Subscription", "AWS::Lambda::EventSourceMapping").Properties)
	}
	same(t, "subscriptions", []string{
		"CatchUpSubscription", "ProjectorSubscription", "ReactionSubscription", "ReactorSubscription",
	},
		arm64.ids("AWS::Lambda::EventSourceMapping"))
}
