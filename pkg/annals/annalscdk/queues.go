package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// attempts is how often a function gets a job before it is put among the dead letters.
const attempts = 5

// jobQueues name the job queues of functions, and the variable that holds the URL.
var jobQueues = map[annalsaws.Function]struct{ id, env string }{
	annalsaws.Projector: {"CatchUp", annalsaws.CatchUpQueueEnv},
	annalsaws.Reactor:   {"Reaction", annalsaws.ReactionQueueEnv},
}

func (s *Service) addQueues() {
	s.Queues, s.DeadLetters = map[annalsaws.Function]awssqs.Queue{}, map[annalsaws.Function]awssqs.Queue{}
	for _, f := range s.plan.subscribers() {
		s.Queues[f.name], s.DeadLetters[f.name] = s.newJobQueue(jobQueues[f.name].id, f)
	}
}

// newJobQueue makes the queue of a function's jobs, with dead letters.
func (s *Service) newJobQueue(id string, consumer function) (jobs, deadLetters awssqs.Queue) {
	deadLetters = s.newQueue(id+"DeadLetters", &awssqs.QueueProps{},
		"SQS queue of the jobs that the "+string(consumer.name)+" failed to do each time")
	jobs = s.newQueue(id+"Queue", &awssqs.QueueProps{
		// Lambda's advice: six times the consumer's timeout, so that what waits for a free function is not sent twice.
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(6 * consumer.timeout)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: deadLetters, MaxReceiveCount: jsii.Number(attempts)},
	}, "SQS queue of what the "+string(consumer.name)+" does later")
	return jobs, deadLetters
}

// newQueue makes a queue that is encrypted, takes nothing in clear, and keeps its messages as long as SQS can.
func (s *Service) newQueue(id string, props *awssqs.QueueProps, description string) awssqs.Queue {
	props.EnforceSSL = jsii.Bool(true)
	props.Encryption = awssqs.QueueEncryption_SQS_MANAGED
	props.RetentionPeriod = awscdk.Duration_Days(jsii.Number(14))
	queue := named(awssqs.NewQueue(s.Stack, jsii.String(id), props))
	if policy := queue.Node().TryFindChild(jsii.String("Policy")); policy != nil {
		rename(policy, id+"Policy")
	}
	s.output(id+"Url", queue.QueueUrl(), description)
	return queue
}
