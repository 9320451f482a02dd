package template

import (
	"fmt"
	"time"
)

// Queue is an SQS queue.
type Queue struct {
	ID   string // logical id
	Name string
	ARN  string

	Visibility time.Duration
	Delay      time.Duration
	Retention  time.Duration
	MaxBody    int // largest body of a message, in bytes
	// DeadLetterID is the dead-letter queue, for messages that were received MaxReceives times, if there is one.
	DeadLetterID string
	MaxReceives  int
}

type queueProperties struct {
	VisibilityTimeout      *int
	DelaySeconds           *int
	MessageRetentionPeriod *int
	MaximumMessageSize     *int
	RedrivePolicy          *struct {
		DeadLetterTargetArn string
		MaxReceiveCount     int
	}
}

// addQueues adds the queues with CloudFormation's defaults:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html.
func (s *stack) addQueues(system *System) error {
	policies := map[string]queueProperties{}
	for _, r := range s.of(typeQueue) {
		var p queueProperties
		if err := s.decode(r, &p); err != nil {
			return err
		}
		name, err := s.physicalName(r, 0)
		if err != nil {
			return err
		}
		policies[r.id] = p
		system.Queues = append(system.Queues, Queue{
			ID: r.id, Name: name, ARN: arn("sqs", name),
			Visibility: seconds(p.VisibilityTimeout, 30),
			Delay:      seconds(p.DelaySeconds, 0),
			Retention:  seconds(p.MessageRetentionPeriod, 4*24*3600),
			MaxBody:    orDefault(p.MaximumMessageSize, 1<<20),
		})
	}
	for i := range system.Queues {
		q := &system.Queues[i]
		if err := q.redrive(policies[q.ID], system.Queues); err != nil {
			return fmt.Errorf("%s (%s): %w", q.ID, typeQueue, err)
		}
	}
	return nil
}

// redrive finds the dead-letter queue.
func (q *Queue) redrive(p queueProperties, all []Queue) error {
	if p.RedrivePolicy == nil {
		return nil
	}
	if q.MaxReceives = p.RedrivePolicy.MaxReceiveCount; q.MaxReceives < 1 || q.MaxReceives > 1000 {
		return fmt.Errorf("maxReceiveCount is %d: use 1 to 1000", q.MaxReceives)
	}
	for _, other := range all {
		if other.ARN == p.RedrivePolicy.DeadLetterTargetArn && other.ID != q.ID {
			q.DeadLetterID = other.ID
			return nil
		}
	}
	return fmt.Errorf("its dead-letter queue %q is not another queue in this template",
		p.RedrivePolicy.DeadLetterTargetArn)
}

func seconds(value *int, otherwise int) time.Duration {
	return time.Duration(orDefault(value, otherwise)) * time.Second
}
