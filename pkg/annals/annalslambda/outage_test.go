package annalslambda_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// away is a deployment in whose catalog the read model texts has an outage.
func away(t *testing.T) (annalslambda.Deployment, *annalslambda.Subscriber, projection.Outage) {
	t.Helper()
	d, _ := deployed(t)
	d.CatchUps = annalslambda.JobQueue(configuration(t), "http://localhost/000000000000/Q")
	p, err := d.Projector()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	record := recordOf(t, d)
	record.Outage = &projection.Outage{Since: time.Now().UTC(), Reason: "no answer within 5s"}
	if err := catalogOf(d).Replace(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	return d, p, *record.Outage
}

func catalogOf(d annalslambda.Deployment) projection.Catalog {
	return dynamoview.NewCatalog(d.DynamoDB, d.Tables.Of(annalsaws.Projections))
}

func recordOf(t *testing.T, d annalslambda.Deployment) projection.Record {
	t.Helper()
	records, err := catalogOf(d).Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return records["texts"]
}

// TestOutageJobs: the job that ends an outage, and the jobs that it sends, are understood when they are received.
func TestOutageJobs(t *testing.T) { //nolint:paralleltest // sets the environment
	_, sent := queueAt(t, nil)
	d, p, outage := away(t)
	handle := func(bodies ...string) {
		t.Helper()
		batch := events.SQSEvent{}
		for _, body := range bodies {
			batch.Records = append(batch.Records, events.SQSMessage{MessageId: "m", Body: body})
		}
		if out, err := p.HandleJobs(t.Context(), batch); err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("handle %q: %+v, %v, want no failed items", bodies, out, err)
		}
	}
	job, err := json.Marshal(projection.Job{Task: projection.Recover, Projection: "texts", FailedSince: outage.Since})
	if err != nil {
		t.Fatal(err)
	}
	handle(string(job))
	var segments []string
	for _, batch := range *sent {
		for _, entry := range batch.Entries {
			segments = append(segments, entry.MessageBody)
		}
	}
	if len(segments) != 4 {
		t.Fatalf("messages %q, want a reconciliation in 4 segments", segments)
	}
	if o := recordOf(t, d).Outage; o != nil {
		t.Errorf("outage %+v, want none", o)
	}
	handle(segments...)
}

// TestUnreadableDuringOutage: a record that can't be read is done although a read model is left out: the recovery looks
// at its stream too.
func TestUnreadableDuringOutage(t *testing.T) { //nolint:paralleltest // sets the environment
	queueAt(t, nil)
	_, p, _ := away(t)
	record := events.DynamoDBEventRecord{EventName: "INSERT", Change: events.DynamoDBStreamRecord{
		SequenceNumber: "1",
		Keys: map[string]events.DynamoDBAttributeValue{
			dynamostore.EventsTable.Partition.Name: events.NewStringAttribute("Note#a"),
			dynamostore.EventsTable.Sort.Name:      events.NewNumberAttribute("1"),
		},
	}}
	out, err := p.Handle(t.Context(), events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{record}})
	if err != nil || len(out.BatchItemFailures) > 0 {
		t.Errorf("handle an unreadable record: %+v, %v, want no failed items", out, err)
	}
}
