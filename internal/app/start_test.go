package app_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/internal/app"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// foreign has a read model served by a fold that this code lacks.
func (s *service) foreign(t *testing.T) {
	t.Helper()
	catalog := dynamoview.NewCatalog(s.client, s.Tables.Of(tables.Projections))
	records, err := catalog.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	record := records[tables.Orders]
	record.Builds[0].Fold = 99
	if err := catalog.Replace(t.Context(), record); err != nil {
		t.Fatal(err)
	}
}

// TestStartIsRefused: code that lacks the fold which serves neither projects nor answers; a store that can't be reached is
// only logged.
func TestStartIsRefused(t *testing.T) {
	t.Parallel()
	s := newService(t)
	if _, err := app.Subscriber(s.Projector()); err != nil {
		t.Fatal(err)
	}
	s.foreign(t)
	var unknown *projection.UnknownFoldError
	if _, err := app.Subscriber(s.Projector()); !errors.As(err, &unknown) || unknown.Fold != 99 {
		t.Errorf("projector: %v", err)
	}
	if _, err := s.Query(); !errors.As(err, &unknown) {
		t.Errorf("query: %v", err)
	}
	if _, err := app.Subscriber(nil, unknown); !errors.Is(err, unknown) {
		t.Errorf("what could not be built: %v", err)
	}
	delete(s.Tables, tables.Projections.Name) // no such table
	if _, err := app.Subscriber(s.Projector()); err != nil {
		t.Errorf("projector, without the table: %v", err)
	}
	if _, err := s.Query(); err != nil {
		t.Errorf("query, without the table: %v", err)
	}
	if log := s.log.String(); strings.Count(log, `"msg":"start"`) != 2 {
		t.Errorf("logged %s", log)
	}
}

// TestJobsAreSent: a job goes through SQS, held back as long as that can, and is understood when it comes back.
func TestJobsAreSent(t *testing.T) { //nolint:paralleltest // sets the environment
	_, sent := queueAt(t, nil)
	s := newService(t)
	queue := app.JobQueue(configuration(t), "http://localhost/000000000000/Q")
	stream := es.StreamID{Type: "Account", ID: "a#1"}
	if err := queue.Enqueue(t.Context(), time.Hour, projection.Job{Task: projection.CatchUp, Stream: stream}); err != nil {
		t.Fatal(err)
	}
	message := (*sent)[0].Entries[0]
	if message.DelaySeconds != 15*60 {
		t.Errorf("held back for %d s", message.DelaySeconds)
	}
	var job projection.Job
	if err := json.Unmarshal([]byte(message.MessageBody), &job); err != nil || job.Stream != stream {
		t.Errorf("%s: %+v, %v", message.MessageBody, job, err)
	}
	out, err := s.projector.HandleJobs(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: message.MessageBody}}})
	if err != nil || len(out.BatchItemFailures) != 0 {
		t.Errorf("%+v, %v; log: %s", out, err, s.log)
	}
	if none := app.JobQueue(configuration(t), ""); none != nil {
		t.Errorf("no URL: %v", none)
	}
}

// TestCodeIsKnown: another build must be able to tell that it is another.
func TestCodeIsKnown(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.strange(t, "x", `{}`)
	s.project(t)
	s.withReactions(t)
	o, err := s.Operator(projection.RebuildConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for w, err := range o.Parked(t.Context()) {
		if err != nil || w.Code == "" {
			t.Errorf("%+v, %v", w, err)
		}
	}
}
