package main

import (
	"maps"
	"slices"
	"testing"
)

func TestQueues(t *testing.T) {
	const fortnight = 14 * 24 * 3600.0
	want := map[string]object{
		"ProjectorFailures": {"MessageRetentionPeriod": fortnight, "SqsManagedSseEnabled": true},
		"ReactorFailures":   {"MessageRetentionPeriod": fortnight, "SqsManagedSseEnabled": true},
	}
	for _, id := range []string{"CatchUp", "Reaction"} {
		want[id+"DeadLetters"] = object{"MessageRetentionPeriod": fortnight, "SqsManagedSseEnabled": true}
		want[id+"Queue"] = object{
			"MessageRetentionPeriod": fortnight, "SqsManagedSseEnabled": true,
			"VisibilityTimeout": 6 * 60.0, // of the consumer's timeout
			"RedrivePolicy":     object{"deadLetterTargetArn": getAtt(id+"DeadLetters", "Arn"), "maxReceiveCount": 5.0},
		}
	}
	for id, properties := range want {
		same(t, id, properties, arm64.resource(t, id, "AWS::SQS::Queue").Properties)
		same(t, "output", any(ref(id)), arm64.template.Outputs[id+"Url"].Value)
	}
	same(t, "queues", slices.Sorted(maps.Keys(want)), arm64.ids("AWS::SQS::Queue"))
}

func TestQueuesTakeNothingInClear(t *testing.T) {
	for _, queue := range arm64.ids("AWS::SQS::Queue") {
		same(t, queue, object{
			"Queues": list{ref(queue)},
			"PolicyDocument": object{"Version": "2012-10-17", "Statement": list{object{
				"Effect": "Deny", "Action": "sqs:*", "Principal": object{"AWS": "*"}, "Resource": getAtt(queue, "Arn"),
				"Condition": object{"Bool": object{"aws:SecureTransport": "false"}},
			}}},
		}, arm64.resource(t, queue+"Policy", "AWS::SQS::QueuePolicy").Properties)
	}
	same(t, "policies", []string{
		"CatchUpDeadLettersPolicy", "CatchUpQueuePolicy", "ProjectorFailuresPolicy", "ReactionDeadLettersPolicy", "ReactionQueuePolicy", "ReactorFailuresPolicy",
	}, arm64.ids("AWS::SQS::QueuePolicy"))
}
