package runner

import (
	"errors"
	"path/filepath"

	"github.com/annals-es/annals/local/queue"
	"github.com/annals-es/annals/local/template"
)

// openQueues opens the template's queues and serves them.
func (r *runner) openQueues(system *template.System) error {
	r.queues = map[string]*queue.Queue{}
	var all []*queue.Queue
	for _, d := range system.Queues {
		q, err := queue.Open(filepath.Join(r.queueFiles(), d.ID+".jsonl"), queue.Config{
			Name: d.Name, ARN: d.ARN, Visibility: d.Visibility, Delay: d.Delay, Retention: d.Retention,
			MaxBody: d.MaxBody, MaxReceives: d.MaxReceives,
		}, r.log)
		if err != nil {
			return err
		}
		r.queues[d.ID] = q
		all = append(all, q)
	}
	for _, d := range system.Queues {
		r.queues[d.ID].Redrive(r.queues[d.DeadLetterID])
	}
	r.sqs.MaySend = r.gate.maySend
	r.sqs.Serve(all...)
	return nil
}

func (r *runner) closeQueues() error {
	var failed error
	for _, q := range r.queues {
		failed = errors.Join(failed, q.Close())
	}
	return failed
}
