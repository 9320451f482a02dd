package annalslambda

import (
	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/internal/telemetry"
)

// countTampering counts the records of a batch that are not insertions. It counts a batch again that is delivered
// again.
func (p *Subscriber) countTampering(batch *events.DynamoDBEvent) {
	n := 0
	for i := range batch.Records {
		if batch.Records[i].EventName != string(events.DynamoDBOperationTypeInsert) {
			n++
		}
	}
	if n > 0 {
		p.meter.Add(telemetry.TamperedCommits, float64(n))
	}
}
