package annalslambda

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// maxDelay is the longest delay of a message in SQS.
const maxDelay = 15 * time.Minute

// jobs is a queue of jobs on SQS. A job that has to wait longer than maxDelay is received earlier and queued again.
type jobs struct{ queue *Queue }

// JobQueue returns the queue of jobs at a URL of SQS, nil if url is "".
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

// HandleJobs does the jobs of a batch concurrently. It reports the jobs that failed: SQS delivers them again, and moves
// them to the dead-letter queue after several attempts.
func (p *Subscriber) HandleJobs(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	out := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	var (
		wg sync.WaitGroup
		mu sync.Mutex
	)
	for i := range batch.Records {
		message := &batch.Records[i]
		wg.Go(func() {
			if err := p.do(ctx, message); err != nil {
				p.log.LogAttrs(ctx, slog.LevelError, "a job failed",
					slog.String("message", message.MessageId), slog.String("error", annalshttp.Describe(err)))
				mu.Lock()
				defer mu.Unlock()
				out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			}
		})
	}
	wg.Wait()
	return out, nil
}

// message is a message of the queue: a job, or S3's notification about the bucket of batches that Lambda gave up, see
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html.
type message struct {
	projection.Job
	// Deadline is that of a deadline that is due. Name and Scheduled are those of recurring work.
	Deadline        *reaction.Deadline
	Name, Scheduled string
	Event           string
	Records         []events.S3EventRecord
}

// testEvent is the notification that S3 sends once when notifications are set up.
const testEvent = "s3:TestEvent"

func (p *Subscriber) do(ctx context.Context, received *events.SQSMessage) error {
	var m message
	if err := json.Unmarshal([]byte(received.Body), &m); err != nil {
		return err
	}
	switch {
	case m.Event == testEvent:
		return nil
	case len(m.Records) > 0:
		var errs []error
		for _, r := range m.Records {
			// The function itself wrote the objects below UnreadablePrefix: they are no batches.
			if key := r.S3.Object.URLDecodedKey; !strings.HasPrefix(key, annalsaws.UnreadablePrefix) {
				errs = append(errs, p.redrive(ctx, r.S3.Bucket.Name, key))
			}
		}
		return errors.Join(errs...)
	case m.Task == deadlineTask:
		return p.fire(ctx, m.Deadline)
	case m.Task == recurringTask:
		return p.recur(ctx, m.Name, m.Scheduled)
	case m.Task == projection.Reconcile && m.Of == 0: // once for each reconciliation
		defer p.askAgain(ctx)
	}
	// An earlier receiver may have crashed on this job, or on another job of its batch.
	if receives := received.Attributes["ApproximateReceiveCount"]; receives != "" && receives != "1" {
		m.Suspect = true
	}
	err := p.rebuilder.Do(ctx, m.Job)
	if err == nil && m.Task == projection.CatchUp {
		p.meter.Add(telemetry.CatchUps, 1)
	}
	return err
}
