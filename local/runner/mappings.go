package runner

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/annals-es/annals/local/lambda"
	"github.com/annals-es/annals/local/mapping"
	"github.com/annals-es/annals/local/pattern"
	"github.com/annals-es/annals/local/poller"
	"github.com/annals-es/annals/local/streams"
	"github.com/annals-es/annals/local/template"
)

// mappings are all event source mappings while they run.
type mappings struct {
	streams     []*mapping.Mapping
	of          map[string][]*mapping.Mapping // by the ARN of their table
	queues      []*poller.Mapping
	checkpoints []*mapping.Checkpoints
	running     sync.WaitGroup
	context     context.Context
	cancel      context.CancelFunc
}

// newMappings makes the template's mappings. arns are the streams' ARNs by their table's logical id.
func (r *runner) newMappings(
	system *template.System, arns map[string]string, functions map[string]*lambda.Function,
) (*mappings, error) {
	m := &mappings{of: map[string][]*mapping.Mapping{}}
	m.context, m.cancel = context.WithCancel(context.Background())
	source := streams.NewClient(r.endpoint, template.Region)
	for _, d := range system.Mappings {
		filter, err := pattern.Compile(d.Filters)
		if err != nil {
			return m, fmt.Errorf("%s: %w", d.ID, err)
		}
		checkpoints, err := mapping.OpenCheckpoints(filepath.Join(r.checkpoints(), d.ID+".json"), r.identity(),
			arns[d.TableID])
		if err != nil {
			return m, err
		}
		m.checkpoints = append(m.checkpoints, checkpoints)
		function := functions[d.FunctionID]
		c := mapping.Config{
			Name: d.ID, Stream: arns[d.TableID], Function: function.ARN,
			BatchSize: d.BatchSize, Window: d.Window, Parallelization: d.Parallelization, MaxRetries: d.MaxRetries,
			MaxAge: d.MaxAge, Bisect: d.Bisect, ReportFailures: d.ReportFailures, FromLatest: d.FromLatest,
		}
		one := mapping.New(c, source, function, filter, checkpoints, r.destination(d), r.log)
		m.streams = append(m.streams, one)
		for _, table := range system.Tables {
			if table.ID == d.TableID {
				m.of[table.ARN] = append(m.of[table.ARN], one)
			}
		}
	}
	for _, d := range system.QueueMappings {
		c := poller.Config{
			Name: d.ID, Region: template.Region, BatchSize: d.BatchSize, Window: d.Window,
			MaxConcurrency: cmp.Or(d.MaxConcurrency, lambda.MaxProcesses), ReportFailures: d.ReportFailures,
		}
		m.queues = append(m.queues, poller.New(c, r.queues[d.QueueID], functions[d.FunctionID], r.log))
	}
	return m, nil
}

// identity identifies the database that the checkpoints belong to. A DynamoDB Local of the runner has a new port at
// each start, so its address cannot.
func (r *runner) identity() string {
	if r.database != nil {
		return r.data()
	}
	return r.endpoint
}

// destination is where a mapping reports the records that it gives up, or nil.
func (r *runner) destination(d template.Mapping) mapping.Destination {
	switch {
	case d.BucketID != "":
		return toBucket{r.buckets[d.BucketID], d.ID}
	case d.QueueID != "":
		return toQueue{r.queues[d.QueueID]}
	}
	return nil
}

// start starts the mappings. An error that ends one goes to ended.
func (m *mappings) start(ended chan<- error) {
	work := func(name string, run func(context.Context) error) {
		m.running.Go(func() {
			if err := run(m.context); err != nil {
				ended <- fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	for _, one := range m.streams {
		work(one.Name, one.Run)
	}
	for _, one := range m.queues {
		work(one.Name, one.Run)
	}
}

// wake makes the mappings of a table's stream look for records at once. A queue wakes its own mappings.
func (m *mappings) wake(table string) {
	for _, one := range m.of[table] {
		one.Wake()
	}
}

// wait waits until the mappings have ended, and writes their checkpoints.
func (m *mappings) wait() error {
	m.running.Wait()
	for _, c := range m.checkpoints {
		if err := c.Close(); err != nil {
			return err
		}
	}
	return nil
}
