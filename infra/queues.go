package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// attempts is how often the projector gets a message of the catch-up queue before it is put among the dead letters.
const attempts = 5

// stackQueues are the queues of the stack.
type stackQueues struct {
	// failures receives the batches that the subscription gave up. A message names a range of the stream, not its records.
	failures awssqs.Queue
	// catchUp receives requests to bring read models level with their streams.
	catchUp awssqs.Queue
}

func newQueues(stack awscdk.Stack) stackQueues {
	failures := newQueue(stack, "ProjectorFailures", &awssqs.QueueProps{},
		"SQS queue of the stream batches that the projector could not process")
	deadLetters := newQueue(stack, "CatchUpDeadLetters", &awssqs.QueueProps{EnforceSSL: jsii.Bool(true)},
		"SQS queue of the catch-ups that failed each time")
	catchUp := newQueue(stack, "CatchUpQueue", &awssqs.QueueProps{
		EnforceSSL: jsii.Bool(true),
		// Lambda's advice: six times the consumer's timeout, so that what waits for a free function is not sent twice.
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(6 * projector.timeout)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: deadLetters, MaxReceiveCount: jsii.Number(attempts)},
	}, "SQS queue of the streams whose read models are to be brought level")
	return stackQueues{failures: failures, catchUp: catchUp}
}

// newQueue makes a queue that is encrypted and keeps its messages as long as SQS can.
func newQueue(stack awscdk.Stack, id string, props *awssqs.QueueProps, description string) awssqs.Queue {
	props.Encryption = awssqs.QueueEncryption_SQS_MANAGED
	props.RetentionPeriod = awscdk.Duration_Days(jsii.Number(14))
	queue := named(awssqs.NewQueue(stack, jsii.String(id), props))
	if policy := queue.Node().TryFindChild(jsii.String("Policy")); policy != nil {
		rename(policy, id+"Policy")
	}
	output(stack, id+"Url", queue.QueueUrl(), description)
	return queue
}
