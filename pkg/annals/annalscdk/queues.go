package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// attempts is how often a function gets a job before it is put among the dead letters.
const attempts = 5

// functionQueues are the queues of a function that does something later.
type functionQueues struct {
	// jobs receives what the function is to do later.
	jobs awssqs.Queue
	// deadLetters receives the jobs that failed each time.
	deadLetters awssqs.Queue
}

// stackQueues are the queues of the stack, by the function that they belong to.
type stackQueues map[string]functionQueues

// jobQueues name the job queues of functions, and the variable that holds the URL.
var jobQueues = map[string]struct{ id, env string }{
	projector.name: {"CatchUp", annalsaws.CatchUpQueueEnv},
	reactor.name:   {"Reaction", annalsaws.ReactionQueueEnv},
}

func newQueues(stack awscdk.Stack) stackQueues {
	made := stackQueues{}
	for _, f := range subscribers {
		jobs, deadLetters := newJobQueue(stack, jobQueues[f.name].id, f)
		made[f.name] = functionQueues{jobs, deadLetters}
	}
	return made
}

// newJobQueue makes the queue of a function's jobs, with dead letters.
func newJobQueue(stack awscdk.Stack, id string, consumer function) (jobs, deadLetters awssqs.Queue) {
	deadLetters = newQueue(stack, id+"DeadLetters", &awssqs.QueueProps{},
		"SQS queue of the jobs that the "+consumer.name+" failed to do each time")
	jobs = newQueue(stack, id+"Queue", &awssqs.QueueProps{
		// Lambda's advice: six times the consumer's timeout, so that what waits for a free function is not sent twice.
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(6 * consumer.timeout)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: deadLetters, MaxReceiveCount: jsii.Number(attempts)},
	}, "SQS queue of what the "+consumer.name+" does later")
	return jobs, deadLetters
}

// newQueue makes a queue that is encrypted, takes nothing in clear, and keeps its messages as long as SQS can.
func newQueue(stack awscdk.Stack, id string, props *awssqs.QueueProps, description string) awssqs.Queue {
	props.EnforceSSL = jsii.Bool(true)
	props.Encryption = awssqs.QueueEncryption_SQS_MANAGED
	props.RetentionPeriod = awscdk.Duration_Days(jsii.Number(14))
	queue := named(awssqs.NewQueue(stack, jsii.String(id), props))
	if policy := queue.Node().TryFindChild(jsii.String("Policy")); policy != nil {
		rename(policy, id+"Policy")
	}
	output(stack, id+"Url", queue.QueueUrl(), description)
	return queue
}
