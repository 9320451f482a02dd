package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestQueues(t *testing.T) {
	const fortnight = 14 * 24 * 3600.0
	want := map[string]object{}
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
		statements := list{object{
			"Effect": "Deny", "Action": "sqs:*", "Principal": object{"AWS": "*"}, "Resource": getAtt(queue, "Arn"),
			"Condition": object{"Bool": object{"aws:SecureTransport": "false"}},
		}}
		if strings.HasSuffix(queue, "Queue") { // told by S3 what was given up
			statements = append(statements, object{
				"Effect": "Allow", "Action": "sqs:SendMessage", "Principal": object{"Service": "s3.amazonaws.com"},
				"Resource":  getAtt(queue, "Arn"),
				"Condition": object{"StringEquals": object{"aws:SourceAccount": ref("AWS::AccountId")}},
			})
		}
		same(t, queue, object{
			"Queues": list{ref(queue)}, "PolicyDocument": object{"Version": "2012-10-17", "Statement": statements},
		}, arm64.resource(t, queue+"Policy", "AWS::SQS::QueuePolicy").Properties)
	}
	same(t, "policies", []string{
		"CatchUpDeadLettersPolicy", "CatchUpQueuePolicy", "ReactionDeadLettersPolicy", "ReactionQueuePolicy",
	}, arm64.ids("AWS::SQS::QueuePolicy"))
}
