package annalslambda

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// StreamHandler handles batches of a DynamoDB stream.
type StreamHandler func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error)

// QueueHandler handles batches of an SQS queue.
type QueueHandler func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)

// Sources returns the handler of a function whose event sources are a DynamoDB stream and SQS queues. A batch comes
// from one source. An empty batch succeeds.
//
// Errors: one that names the source, if it is of another kind; one if the batch can't be read; those of the handlers.
func Sources(stream StreamHandler, queue QueueHandler) func(context.Context, json.RawMessage) (any, error) {
	return func(ctx context.Context, batch json.RawMessage) (any, error) {
		source, err := sourceOf(batch)
		if err != nil {
			return nil, err
		}
		switch source {
		case "":
			return response(nil), nil
		case "aws:dynamodb":
			return handle(ctx, batch, stream)
		case "aws:sqs":
			return handle(ctx, batch, queue)
		}
		return nil, fmt.Errorf("a batch of %q: this function accepts batches of DynamoDB streams and SQS queues", source)
	}
}

// startTimeout is how long the checks at start may take. Lambda gives a process 10 s to start.
const startTimeout = 5 * time.Second

// Handler starts the subscriber and returns the handler of its function, which receives the event table's stream and a
// queue of jobs. The handler also does the tasks of operators' tools, see package ask.
//
// Errors: those of [Subscriber.Start].
func (p *Subscriber) Handler() (func(context.Context, json.RawMessage) (any, error), error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := p.Start(ctx); err != nil {
		return nil, err
	}
	return p.asked.or(p.log, Sources(p.Handle, p.HandleJobs)), nil
}

// sourceOf returns the service that a batch comes from, "" if the batch is empty.
func sourceOf(batch json.RawMessage) (string, error) {
	var head struct {
		Records []struct {
			EventSource *string `json:"eventSource"`
		}
	}
	if err := json.Unmarshal(batch, &head); err != nil {
		return "", fmt.Errorf("read the batch's source: %w", err)
	}
	if len(head.Records) == 0 {
		return "", nil
	}
	if source := head.Records[0].EventSource; source != nil && *source != "" {
		return *source, nil
	}
	return "unknown", nil
}

func handle[Event, Response any](
	ctx context.Context, batch json.RawMessage, handler func(context.Context, Event) (Response, error),
) (any, error) {
	var event Event
	if err := json.Unmarshal(batch, &event); err != nil {
		return nil, fmt.Errorf("read the batch: %w", err)
	}
	return handler(ctx, event)
}
