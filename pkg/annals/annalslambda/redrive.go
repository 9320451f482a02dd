package annalslambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/projection"
)

// deadBatch is the document that Lambda writes to S3 about a batch of the stream that it gave up:
// https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html.
type deadBatch struct {
	RequestContext struct {
		// Condition is the reason: RecordAgeExceeded or RetryAttemptsExhausted.
		Condition string `json:"condition"`
	} `json:"requestContext"`
	// Payload is the event of the failed invocation, as a JSON string.
	Payload json.RawMessage `json:"payload"`
}

// redrive queues a catch-up for each stream of a batch that Lambda gave up. The batch may have crashed the function, so
// each stream is suspect and is processed alone. Only the streams' names are taken from the batch, which is read from
// S3: the events are read from the event table.
func (p *Subscriber) redrive(ctx context.Context, bucket, key string) error {
	if p.batches == nil || p.queue == nil {
		return fmt.Errorf("redrive s3://%s/%s: the environment names no bucket of failures or no queue of jobs", bucket, key)
	}
	text, err := p.batches(ctx, bucket, key)
	if err != nil {
		return err
	}
	var dead deadBatch
	if err := json.Unmarshal(text, &dead); err != nil {
		return fmt.Errorf("s3://%s/%s: %w", bucket, key, err)
	}
	streams, err := dead.streams()
	if err != nil {
		return fmt.Errorf("s3://%s/%s: %w", bucket, key, err)
	}
	jobs := make([]projection.Job, len(streams))
	for i, stream := range streams {
		jobs[i] = projection.Job{Task: projection.CatchUp, Stream: stream, Suspect: true}
	}
	p.log.LogAttrs(ctx, slog.LevelWarn, "Lambda gave up a batch: a catch-up of its streams is queued",
		slog.String("condition", dead.RequestContext.Condition), slog.String("object", key), slog.Int("streams", len(jobs)))
	return p.queue.Enqueue(ctx, 0, jobs...)
}

// streams returns the distinct streams of the batch's records.
//
// Errors: one if no record names a stream; one if the payload is no batch.
func (d *deadBatch) streams() ([]es.StreamID, error) {
	payload := []byte(d.Payload)
	if text := ""; json.Unmarshal(payload, &text) == nil {
		payload = []byte(text)
	}
	var batch events.DynamoDBEvent
	if err := json.Unmarshal(payload, &batch); err != nil {
		return nil, fmt.Errorf("read the payload as a batch of a DynamoDB stream: %w", err)
	}
	var (
		streams []es.StreamID
		seen    = map[es.StreamID]bool{}
	)
	for i := range batch.Records {
		stream, err := streamOf(&batch.Records[i])
		if err == nil && !seen[stream] {
			seen[stream] = true
			streams = append(streams, stream)
		}
	}
	if len(streams) == 0 {
		return nil, errors.New("no record of the batch names a stream")
	}
	return streams, nil
}

// streamOf returns the stream in a record's key.
func streamOf(record *events.DynamoDBEventRecord) (es.StreamID, error) {
	key, there := record.Change.Keys[dynamostore.EventsTable.Partition.Name]
	if !there || key.DataType() != events.DataTypeString {
		return es.StreamID{}, errors.New("the record's key has no stream")
	}
	return es.ParseStreamID(key.String())
}
