package template

import "fmt"

// Bucket is an S3 bucket.
type Bucket struct {
	ID   string // logical id
	Name string
	ARN  string
	// QueueIDs are the queues that get a message for each new object.
	QueueIDs []string
}

type bucketProperties struct {
	NotificationConfiguration struct {
		QueueConfigurations []struct {
			Event, Queue string
			Filter       any
		}
		LambdaConfigurations, TopicConfigurations []any
		EventBridgeConfiguration                  any
	}
}

func bucketARN(name string) string { return "arn:" + partition + ":s3:::" + name }

func (s *stack) addBuckets(system *System) error {
	for _, r := range s.of(typeBucket) {
		var p bucketProperties
		if err := s.decode(r, &p); err != nil {
			return err
		}
		name, err := s.physicalName(r, 0)
		if err != nil {
			return err
		}
		b := Bucket{ID: r.id, Name: name, ARN: bucketARN(name)}
		if b.QueueIDs, err = s.toldBy(p, system); err != nil {
			return fmt.Errorf("%s (%s): %w", r.id, r.Type, err)
		}
		system.Buckets = append(system.Buckets, b)
	}
	return nil
}

// toldBy finds the queues that a bucket notifies.
func (s *stack) toldBy(p bucketProperties, system *System) ([]string, error) {
	n := p.NotificationConfiguration
	for name, there := range map[string]bool{
		"LambdaConfigurations": n.LambdaConfigurations != nil, "TopicConfigurations": n.TopicConfigurations != nil,
		"EventBridgeConfiguration": n.EventBridgeConfiguration != nil,
	} {
		if there {
			s.notRun = append(s.notRun, typeBucket+".NotificationConfiguration."+name)
		}
	}
	var ids []string
	for _, q := range n.QueueConfigurations {
		if q.Filter != nil || q.Event != "s3:ObjectCreated:*" && q.Event != "s3:ObjectCreated:Put" {
			s.notRun = append(s.notRun, typeBucket+" notifications of "+q.Event+", or with a filter")
			continue
		}
		id := system.queueAt(q.Queue)
		if id == "" {
			return nil, fmt.Errorf("it notifies %q, which is not a queue in this template", q.Queue)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// queueAt returns the logical id of the queue with an ARN, or "" if there is none.
func (system *System) queueAt(arn string) string {
	for _, q := range system.Queues {
		if q.ARN == arn {
			return q.ID
		}
	}
	return ""
}
