package annalslambda_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestJobsAreSent: a job is sent to SQS with the longest delay that SQS has, and is understood when it is received.
func TestJobsAreSent(t *testing.T) { //nolint:paralleltest // sets the environment
	_, sent := queueAt(t, nil)
	d, log := deployed(t)
	p, err := d.Projector()
	if err != nil {
		t.Fatal(err)
	}
	queue := annalslambda.JobQueue(configuration(t), "http://localhost/000000000000/Q")
	stream := es.StreamID{Type: "Note", ID: "a#1"}
	if err := queue.Enqueue(t.Context(), time.Hour, projection.Job{Task: projection.CatchUp, Stream: stream}); err != nil {
		t.Fatal(err)
	}
	message := (*sent)[0].Entries[0]
	if message.DelaySeconds != 15*60 {
		t.Errorf("held back for %d s", message.DelaySeconds)
	}
	var job projection.Job
	if err := json.Unmarshal([]byte(message.MessageBody), &job); err != nil || job.Stream != stream {
		t.Errorf("job in the message %s: %+v, %v, want the stream %s", message.MessageBody, job, err, stream)
	}
	out, err := p.HandleJobs(t.Context(), events.SQSEvent{
		Records: []events.SQSMessage{{MessageId: "m", Body: message.MessageBody}},
	})
	if err != nil || len(out.BatchItemFailures) != 0 {
		t.Errorf("handle the jobs: %+v, %v, want no failed items; log: %s", out, err, log)
	}
	if none := annalslambda.JobQueue(configuration(t), ""); none != nil {
		t.Errorf("queue of jobs without a URL: %v, want nil", none)
	}
}
