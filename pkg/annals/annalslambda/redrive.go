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

// deadBatch is what Lambda leaves in S3 of a batch of the stream that it gave up:
// https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html.
type deadBatch struct {
	RequestContext struct {
		// Condition is why: RecordAgeExceeded, RetryAttemptsExhausted.
		Condition string `json:"condition"`
	} `json:"requestContext"`
	// Payload is the event that the function was given, as a text.
	Payload json.RawMessage `json:"payload"`
}

// redrive queues a catch-up for each stream of a batch that Lambda gave up. The batch may have crashed the function, so
// each stream is suspect and is processed alone. Only the streams' names are taken from the batch, which is read from S3:
// the events are read from the event table.
func (p *Subscriber) redrive(ctx context.Context, bucket, key string) error {
	if p.batches == nil || p.queue == nil {
		return errors.New("a batch that Lambda gave up can't be redriven: the bucket of failures or the queue of jobs is not set")
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
	p.log.LogAttrs(ctx, slog.LevelWarn, "a batch was given up: its streams are brought level",
		slog.String("condition", dead.RequestContext.Condition), slog.String("object", key), slog.Int("streams", len(jobs)))
	return p.queue.Enqueue(ctx, 0, jobs...)
}

// streams are those of the batch's records, each once.
//
// Errors: one if no record names a stream; one if the payload is not a batch.
func (d *deadBatch) streams() ([]es.StreamID, error) {
	payload := []byte(d.Payload)
	if text := ""; json.Unmarshal(payload, &text) == nil {
		payload = []byte(text)
	}
	var batch events.DynamoDBEvent
	if err := json.Unmarshal(payload, &batch); err != nil {
		return nil, fmt.Errorf("the payload is no batch of a DynamoDB stream: %w", err)
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

// streamOf is the stream that a record's key says.
func streamOf(record *events.DynamoDBEventRecord) (es.StreamID, error) {
	key, there := record.Change.Keys[dynamostore.EventsTable.Partition.Name]
	if !there || key.DataType() != events.DataTypeString {
		return es.StreamID{}, errors.New("a record without a stream")
	}
	return es.ParseStreamID(key.String())
}
