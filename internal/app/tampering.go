package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/annals-es/annals/internal/tamper"
)

// countTampering counts the records of a batch that are no insertions, where there is somebody to tell. A batch that comes again
// is counted again.
func (p *Projector) countTampering(ctx context.Context, batch *events.DynamoDBEvent) {
	n := 0
	for i := range batch.Records {
		if batch.Records[i].EventName != string(events.DynamoDBOperationTypeInsert) {
			n++
		}
	}
	if n == 0 || p.metrics == nil {
		return
	}
	if err := tamper.Count(p.metrics, n, lambdacontext.FunctionName, time.Now()); err != nil {
		p.log.LogAttrs(ctx, slog.LevelError, "tampering could not be counted", slog.String("error", err.Error()))
	}
}
