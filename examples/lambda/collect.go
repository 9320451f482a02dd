package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/es"
)

// purchase is the body of a message.
type purchase struct {
	CardID string `json:"cardId"`
	Points int    `json:"points"`
}

// retention is how long SQS may keep a message at most, and so how late it may be delivered again.
const retention = 14 * 24 * time.Hour

type collectHandler = func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)

type collector struct {
	executor *es.Executor
	cards    *es.Repository[card, cardEvent]
}

// handle processes each message by itself. A message that failed is delivered again. One that was processed is
// recognized by its message id. The event source mapping needs ReportBatchItemFailures.
func (c collector) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	var response events.SQSEventResponse
	for _, message := range batch.Records {
		if err := c.collect(ctx, message.MessageId, message.Body); err != nil {
			slog.ErrorContext(ctx, "a purchase was not collected", "message", message.MessageId, "error", err)
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{
				ItemIdentifier: message.MessageId,
			})
		}
	}
	return response, nil
}

func (c collector) collect(ctx context.Context, id, body string) error {
	var p purchase
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		return fmt.Errorf("message: %w", err)
	}
	cmd := es.Command{Ref: es.CommandRef{ID: id}, Meta: es.Meta{Actor: "till"}}
	_, err := c.executor.Execute(ctx, cmd, func(tx *es.Tx) error {
		card, err := c.cards.GetOrNew(tx, p.CardID) // the first points create the card
		if err != nil {
			return err
		}
		events, err := card.State.collect(p.Points)
		if err != nil {
			return err
		}
		card.Record(events...)
		return nil
	})
	return err
}
