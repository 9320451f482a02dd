package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// attempts is how often a function gets a job before the job goes to the dead-letter queue.
const attempts = 5

// jobQueues are the ids of the functions' job queues, and the variables with their URLs.
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

// newJobQueue makes the queue of a function's jobs, with its dead-letter queue.
func (s *Service) newJobQueue(id string, consumer function) (jobs, deadLetters awssqs.Queue) {
	deadLetters = s.newQueue(id+"DeadLetters", &awssqs.QueueProps{},
		"SQS dead-letter queue of the jobs of the "+string(consumer.name))
	jobs = s.newQueue(id+"Queue", &awssqs.QueueProps{
		// AWS recommends six times the consumer's timeout, so that messages that wait for a free function are not sent
		// twice.
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(6 * consumer.timeout)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: deadLetters, MaxReceiveCount: jsii.Number(attempts)},
	}, "SQS queue of the jobs of the "+string(consumer.name))
	return jobs, deadLetters
}

// newQueue makes an encrypted queue that refuses unencrypted connections and keeps messages as long as SQS allows.
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
