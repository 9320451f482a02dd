package template

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Mapping sends the records of a table's stream to a function.
type Mapping struct {
	ID         string // logical id
	FunctionID string
	TableID    string
	// QueueID is the queue, BucketID the bucket that receives reports of records that were given up, if any.
	QueueID, BucketID string

	BatchSize       int
	Window          time.Duration
	Parallelization int
	MaxRetries      int           // -1: no limit
	MaxAge          time.Duration // -1: no limit
	Bisect          bool
	ReportFailures  bool
	FromLatest      bool
	Filters         []string // patterns, of which one has to match; none lets everything pass
}

type mappingProperties struct {
	EventSourceArn                 string
	FunctionName                   string
	BatchSize                      *int
	MaximumBatchingWindowInSeconds *int
	ParallelizationFactor          *int
	MaximumRetryAttempts           *int
	MaximumRecordAgeInSeconds      *int
	BisectBatchOnFunctionError     bool
	FunctionResponseTypes          []string
	StartingPosition               string
	Enabled                        *bool
	ScalingConfig                  struct{ MaximumConcurrency int }
	FilterCriteria                 struct{ Filters []struct{ Pattern string } }
	DestinationConfig              struct {
		OnFailure struct{ Destination string }
	}
}

func (p mappingProperties) reportsFailures() bool {
	return slices.Contains(p.FunctionResponseTypes, "ReportBatchItemFailures")
}

func (s *stack) addMappings(system *System) error {
	for _, r := range s.of(typeMapping) {
		var p mappingProperties
		if err := s.decode(r, &p); err != nil {
			return err
		}
		if p.Enabled != nil && !*p.Enabled {
			continue
		}
		if why := s.mapsNotHere(p); why != "" {
			s.notRun = append(s.notRun, fmt.Sprintf("%s (%s %s)", r.id, r.Type, why))
			continue
		}
		add := s.addStreamMapping
		if strings.HasPrefix(p.EventSourceArn, arn("sqs", "")) {
			add = s.addQueueMapping
		}
		if err := add(r.id, p, system); err != nil {
			return fmt.Errorf("%s (%s): %w", r.id, r.Type, err)
		}
	}
	return nil
}

// mapsNotHere returns why a mapping does not run locally: its function has another runtime, or its source is neither a
// table nor a queue. If "", the mapping runs.
func (s *stack) mapsNotHere(p mappingProperties) string {
	from := p.EventSourceArn
	if from != "" && !strings.Contains(from, ":dynamodb:") && !strings.Contains(from, ":sqs:") {
		return "of " + from
	}
	for _, r := range s.of(typeFunction) {
		name, err := s.physicalName(r, 0)
		if err == nil && (p.FunctionName == name || p.FunctionName == arn("lambda", "function:"+name)) && !provided(r) {
			return "to " + r.id
		}
	}
	return ""
}

func (s *stack) addStreamMapping(id string, p mappingProperties, system *System) error {
	m, err := s.mapping(id, p, system)
	system.Mappings = append(system.Mappings, m)
	return err
}

func (s *stack) mapping(id string, p mappingProperties, system *System) (Mapping, error) {
	m := Mapping{
		ID:              id,
		BatchSize:       orDefault(p.BatchSize, 100),
		Window:          time.Duration(orDefault(p.MaximumBatchingWindowInSeconds, 0)) * time.Second,
		Parallelization: orDefault(p.ParallelizationFactor, 1),
		MaxRetries:      orDefault(p.MaximumRetryAttempts, -1),
		MaxAge:          -1,
		Bisect:          p.BisectBatchOnFunctionError,
		ReportFailures:  p.reportsFailures(),
	}
	if age := orDefault(p.MaximumRecordAgeInSeconds, -1); age >= 0 {
		m.MaxAge = time.Duration(age) * time.Second
	}
	for _, filter := range p.FilterCriteria.Filters {
		m.Filters = append(m.Filters, filter.Pattern)
	}
	switch p.StartingPosition {
	case "LATEST":
		m.FromLatest = true
	case "TRIM_HORIZON":
	default:
		return m, fmt.Errorf("invalid StartingPosition %q: use TRIM_HORIZON or LATEST", p.StartingPosition)
	}
	if m.BatchSize < 1 || m.Parallelization < 1 || m.Parallelization > 10 {
		return m, fmt.Errorf("batch size %d and parallelization factor %d: out of range", m.BatchSize, m.Parallelization)
	}
	return m, s.resolve(&m, p, system)
}

// resolve finds the function, the table and the queue that a mapping names.
func (s *stack) resolve(m *Mapping, p mappingProperties, system *System) error {
	f, err := p.function(system)
	if err != nil {
		return err
	}
	m.FunctionID = f.ID
	for _, t := range system.Tables {
		if t.streamARN == p.EventSourceArn {
			if !t.Streamed() {
				return fmt.Errorf("%s has no stream", t.ID)
			}
			m.TableID = t.ID
		}
	}
	if m.TableID == "" {
		return fmt.Errorf("%q is not the stream of a table in this template", p.EventSourceArn)
	}
	destination := p.DestinationConfig.OnFailure.Destination
	if destination == "" {
		return nil
	}
	for _, b := range system.Buckets {
		if b.ARN == destination {
			m.BucketID = b.ID
			return nil
		}
	}
	if m.QueueID = system.queueAt(destination); m.QueueID == "" {
		return fmt.Errorf("its on-failure destination %q is neither a queue nor a bucket in this template", destination)
	}
	return nil
}

// function returns the function that a mapping names.
func (p mappingProperties) function(system *System) (Function, error) {
	for _, f := range system.Functions {
		if p.FunctionName == f.Name || p.FunctionName == f.ARN {
			return f, nil
		}
	}
	return Function{}, fmt.Errorf("%q is not a function in this template", p.FunctionName)
}
