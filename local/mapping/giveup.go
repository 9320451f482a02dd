package mapping

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Lambda's names for the reasons why records are given up.
const (
	retriesExhausted = "RetryAttemptsExhausted"
	ageExceeded      = "RecordAgeExceeded"
)

type failed struct {
	condition     string
	attempts      int
	functionError bool
}

// message is the report for a destination: where the records are and, for a bucket, their content.
type message struct {
	RequestContext struct {
		RequestID              string `json:"requestId"`
		FunctionArn            string `json:"functionArn"`
		Condition              string `json:"condition"`
		ApproximateInvokeCount int    `json:"approximateInvokeCount"`
	} `json:"requestContext"`
	ResponseContext struct {
		StatusCode      int    `json:"statusCode"`
		ExecutedVersion string `json:"executedVersion"`
		FunctionError   string `json:"functionError,omitempty"`
	} `json:"responseContext"`
	Version   string `json:"version"`
	Timestamp string `json:"timestamp"`
	Batch     struct {
		ShardID       string `json:"shardId"`
		StartSequence string `json:"startSequenceNumber"`
		EndSequence   string `json:"endSequenceNumber"`
		FirstArrival  string `json:"approximateArrivalOfFirstRecord"`
		LastArrival   string `json:"approximateArrivalOfLastRecord"`
		BatchSize     int    `json:"batchSize"`
		StreamArn     string `json:"streamArn"`
	} `json:"DDBStreamBatchInfo"`
	// Payload is the event that the function was given.
	Payload string `json:"payload,omitempty"`
}

// giveUp reports the records to the destination and drops them.
func (l *lane) giveUp(ctx context.Context, batch []*entry, why failed) {
	first, last := batch[0], batch[len(batch)-1]
	var m message
	m.RequestContext.RequestID = uuid.NewString()
	m.RequestContext.FunctionArn = l.Function + ":$LATEST"
	m.RequestContext.Condition = why.condition
	m.RequestContext.ApproximateInvokeCount = why.attempts
	m.ResponseContext.StatusCode = 200
	m.ResponseContext.ExecutedVersion = "$LATEST"
	if why.functionError {
		m.ResponseContext.FunctionError = "Unhandled"
	}
	m.Version = "1.0"
	m.Timestamp = timestamp(time.Now())
	m.Batch.ShardID = l.id
	m.Batch.StartSequence, m.Batch.EndSequence = first.Sequence, last.Sequence
	m.Batch.FirstArrival, m.Batch.LastArrival = timestamp(first.Created), timestamp(last.Created)
	m.Batch.BatchSize = len(batch)
	m.Batch.StreamArn = l.Stream

	l.log.ErrorContext(ctx, "RECORDS GIVEN UP", "condition", why.condition, "records", len(batch),
		"shard", l.id, "from", first.Sequence, "to", last.Sequence)
	if l.destination != nil {
		g := GivenUp{Shard: l.id}
		g.Metadata, _ = json.Marshal(m) // strings and numbers cannot fail
		m.Payload = string(l.newEvent(batch))
		g.Whole, _ = json.Marshal(m)
		err := l.destination.GiveUp(context.WithoutCancel(ctx), g)
		if err != nil {
			l.log.ErrorContext(ctx, "report given up records to the on-failure destination", "error", err)
		}
	}
	l.ledger.done(batch)
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
