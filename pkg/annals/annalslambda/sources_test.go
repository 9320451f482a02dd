package annalslambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals/annalslambda"
)

func streamFails(_ context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	return events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{
		{ItemIdentifier: fmt.Sprint(len(e.Records), " of stream ", e.Records[0].Change.SequenceNumber)},
	}}, nil
}

func queueFails(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	return events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{
		{ItemIdentifier: fmt.Sprint(len(e.Records), " of queue ", e.Records[0].MessageId)},
	}}, nil
}

func TestSources(t *testing.T) {
	t.Parallel()
	handler := annalslambda.Sources(streamFails, queueFails)
	for name, test := range map[string]struct{ batch, want, err string }{
		"stream": {
			batch: `{"Records":[{"eventSource":"aws:dynamodb","dynamodb":{"SequenceNumber":"7"}},` +
				`{"eventSource":"aws:dynamodb"}]}`,
			want: "2 of stream 7",
		},
		"queue":         {batch: `{"Records":[{"eventSource":"aws:sqs","messageId":"m"}]}`, want: "1 of queue m"},
		"no records":    {batch: `{"Records":[]}`},
		"nothing":       {batch: `{}`},
		"another":       {batch: `{"Records":[{"eventSource":"aws:kinesis"}]}`, err: `"aws:kinesis"`},
		"none named":    {batch: `{"Records":[{}]}`, err: `"unknown"`},
		"an empty name": {batch: `{"Records":[{"eventSource":""}]}`, err: `"unknown"`},
		"no batch":      {batch: `[]`, err: "read the batch's source"},
		"not as it says": {
			batch: `{"Records":[{"eventSource":"aws:sqs","messageId":7}]}`, err: "read the batch:",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := handler(t.Context(), json.RawMessage(test.batch))
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error is %v, want %s", err, test.err)
				}
				return
			}
			want := `{"batchItemFailures":[]}`
			if test.want != "" {
				want = `{"batchItemFailures":[{"itemIdentifier":"` + test.want + `"}]}`
			}
			if text, _ := json.Marshal(answer); err != nil || string(text) != want {
				t.Errorf("answer: %s, %v, want %s", text, err, want)
			}
		})
	}
}

func TestSourcesPassErrorsOn(t *testing.T) {
	t.Parallel()
	failure := errors.New("it fails")
	handler := annalslambda.Sources(
		func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
			return events.DynamoDBEventResponse{}, failure
		},
		func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
			return events.SQSEventResponse{}, failure
		},
	)
	for _, source := range []string{"aws:dynamodb", "aws:sqs"} {
		if _, err := handler(t.Context(),
			json.RawMessage(`{"Records":[{"eventSource":"`+source+`"}]}`)); !errors.Is(err, failure) {
			t.Errorf("batch of the source %s: %v, want the handler's error", source, err)
		}
	}
}
