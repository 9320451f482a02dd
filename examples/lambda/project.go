package main

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

type projectHandler = func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error)

// newProject returns the handler of the event table's stream. It reads the streams that a batch is about from the event
// table, strongly consistent. Engine.Apply instead takes the commits of the batch itself, which saves those reads.
func newProject(store es.Reader, catalog projection.Catalog, view projection.View) projectHandler {
	engine := projection.NewEngine(store, catalog, projection.Config{}, projection.Subscription{
		Projection: goldCards, View: view,
	})
	return func(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		for _, record := range batch.Records {
			stream, err := es.ParseStreamID(record.Change.Keys["stream"].String())
			if err == nil {
				err = engine.CatchUp(ctx, stream)
			}
			if err != nil { // Lambda delivers the batch again from this record on
				slog.ErrorContext(ctx, "a stream was not projected", "error", err)
				return events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{
					{ItemIdentifier: record.Change.SequenceNumber},
				}}, nil
			}
		}
		return events.DynamoDBEventResponse{}, nil
	}
}
