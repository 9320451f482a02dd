package annalslambda

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// sendAtOnce is how many messages SQS accepts in a request.
const sendAtOnce = 10

// Queue sends messages to an SQS queue.
type Queue struct {
	client *sqs.Client
	url    string
}

// NewQueue returns the queue at a URL. Its calls end in time, see [InTime]. AWS_ENDPOINT_URL_SQS redirects them.
func NewQueue(cfg aws.Config, url string) *Queue {
	client := sqs.NewFromConfig(cfg, func(o *sqs.Options) { o.APIOptions = append(o.APIOptions, InTime) })
	return &Queue{client: client, url: url}
}

// Enqueue sends messages that can be received after a delay: whole seconds, at most 15 minutes. A request has ten
// messages, and at most 1 MiB.
//
// Errors: that of the first request that failed, after which no more is sent; one for each message that SQS refused.
// Messages sent before the error stay sent: a caller that tries again sends them twice.
func (q *Queue) Enqueue(ctx context.Context, delay time.Duration, bodies ...string) error {
	var refused error
	for batch := range slices.Chunk(bodies, sendAtOnce) {
		in := &sqs.SendMessageBatchInput{QueueUrl: aws.String(q.url)}
		for i, body := range batch {
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(body), DelaySeconds: int32(delay.Seconds()),
			})
		}
		out, err := q.client.SendMessageBatch(ctx, in)
		if err != nil {
			return errors.Join(refused, fmt.Errorf("send messages to %s: %w", q.url, err))
		}
		for _, f := range out.Failed {
			refused = errors.Join(refused,
				fmt.Errorf("send a message to %s: refused: %s: %s", q.url, aws.ToString(f.Code), aws.ToString(f.Message)))
		}
	}
	return refused
}
