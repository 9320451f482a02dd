package template

import (
	"fmt"
	"time"
)

// QueueMapping sends the messages of a queue to a function.
type QueueMapping struct {
	ID         string // logical id
	FunctionID string
	QueueID    string

	BatchSize      int
	Window         time.Duration
	MaxConcurrency int // 0: no limit
	ReportFailures bool
}

func (s *stack) addQueueMapping(id string, p mappingProperties, system *System) error {
	m := QueueMapping{
		ID:             id,
		BatchSize:      orDefault(p.BatchSize, 10),
		Window:         time.Duration(orDefault(p.MaximumBatchingWindowInSeconds, 0)) * time.Second,
		MaxConcurrency: p.ScalingConfig.MaximumConcurrency,
		ReportFailures: p.reportsFailures(),
	}
	if len(p.FilterCriteria.Filters) > 0 {
		s.notRun = append(s.notRun, typeMapping+".FilterCriteria of a queue")
	}
	f, err := p.function(system)
	if err != nil {
		return err
	}
	m.FunctionID = f.ID
	for _, q := range system.Queues {
		if q.ARN != p.EventSourceArn {
			continue
		}
		m.QueueID = q.ID
		if q.Visibility < f.Timeout { // Lambda refuses this too
			return fmt.Errorf("the visibility timeout of %s (%v) is less than the timeout of %s (%v)",
				q.ID, q.Visibility, f.ID, f.Timeout)
		}
	}
	system.QueueMappings = append(system.QueueMappings, m)
	return m.validate(p.EventSourceArn)
}

// Lambda's limits: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html.
func (m QueueMapping) validate(source string) error {
	switch {
	case m.QueueID == "":
		return fmt.Errorf("%q is not a queue in this template", source)
	case m.BatchSize < 1 || m.BatchSize > 10_000 || m.BatchSize > 10 && m.Window == 0:
		return fmt.Errorf("batch size %d: use 1 to 10, or up to 10,000 with a batching window", m.BatchSize)
	case m.MaxConcurrency != 0 && m.MaxConcurrency < 2:
		return fmt.Errorf("maximum concurrency %d: use 2 or more", m.MaxConcurrency)
	}
	return nil
}
