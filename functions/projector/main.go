// Projector is the Lambda function that receives the stream of the event table, and the catch-up queue: it maintains the
// read tables.
package main

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/internal/app"
)

func main() {
	app.Run(func(s app.Service) (any, error) {
		projector, err := s.Projector()
		if err != nil {
			return nil, err
		}
		return app.Sources(projector.Handle, refuse), nil
	}, app.ProjectorTables...)
}

// refuse leaves every message in the queue.
func refuse(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return events.SQSEventResponse{}, errors.New("no catch-up is built yet")
}
