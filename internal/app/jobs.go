package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/es/projection"
)

// maxDelay is the longest that SQS holds a message back.
const maxDelay = 15 * time.Minute

// jobs is a queue of jobs on SQS. What is to wait longer than SQS can is looked at earlier, and put back.
type jobs struct{ queue *Queue }

// JobQueue returns the queue of jobs with a URL, nil if that is "".
func JobQueue(cfg aws.Config, url string) projection.Queue {
	if url == "" {
		return nil
	}
	return jobs{NewQueue(cfg, url)}
}

// Enqueue implements [projection.Queue].
func (q jobs) Enqueue(ctx context.Context, delay time.Duration, all ...projection.Job) error {
	bodies := make([]string, len(all))
	for i, job := range all {
		body, err := json.Marshal(job)
		if err != nil {
			return err
		}
		bodies[i] = string(body)
	}
	return q.queue.Enqueue(ctx, min(delay, maxDelay), bodies...)
}

// HandleJobs does the jobs of a batch, all at once, and reports those that failed: they are delivered again, some times.
func (p *Projector) HandleJobs(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	out := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	var (
		wg sync.WaitGroup
		mu sync.Mutex
	)
	for i := range batch.Records {
		message := &batch.Records[i]
		wg.Go(func() {
			if err := p.doJob(ctx, message.Body); err != nil {
				p.log.LogAttrs(ctx, slog.LevelError, "a job failed",
					slog.String("message", message.MessageId), slog.String("error", httpapi.Describe(err)))
				mu.Lock()
				defer mu.Unlock()
				out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			}
		})
	}
	wg.Wait()
	return out, nil
}

func (p *Projector) doJob(ctx context.Context, body string) error {
	var job projection.Job
	if err := json.Unmarshal([]byte(body), &job); err != nil {
		return err
	}
	err := p.rebuilder.Do(ctx, job)
	if err == nil && job.Task == projection.CatchUp {
		p.meter.Add(telemetry.CatchUps, 1)
	}
	return err
}
