package annalslambda_test

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
)

// outage is an HTTP client that can't reach DynamoDB while it is down.
type outage struct {
	http dynamodb.HTTPClient
	down atomic.Bool
}

func (o *outage) Do(r *http.Request) (*http.Response, error) {
	if o.down.Load() {
		return nil, errors.New("connection refused")
	}
	return o.http.Do(r)
}

// TestDeadlineDuringOutage: a deadline that comes while DynamoDB can't be reached is sent again with a delay. If its
// message failed, SQS would deliver it after the queue's visibility timeout, 6 minutes.
func TestDeadlineDuringOutage(t *testing.T) {
	t.Parallel()
	now, checked := time.Now(), 0
	s := timed(func(*annals.Tx, annals.Due) error { checked++; return nil })
	d, log := deployedAs(t, s)
	o := &outage{http: d.DynamoDB.Options().HTTPClient}
	d.DynamoDB = dynamodb.New(d.DynamoDB.Options(), func(options *dynamodb.Options) {
		options.HTTPClient, options.RetryMaxAttempts = o, 1
	})
	l := &later{scheduled: map[string]string{}}
	d.Later, d.ReactionJobs, d.Store.Now = l, &memoryQueue{}, func() time.Time { return now }
	p, err := d.Reactor()
	if err != nil {
		t.Fatal(err)
	}
	running, err := s.Open(annals.Stores{Events: storeOf(t, d)}, annals.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := annals.RepositoryOf(running, notes).CreateOrExecute(t.Context(), "n", es.Command{},
		func(note) ([]noteEvent, error) { return []noteEvent{noted{"10s"}}, nil }); err != nil {
		t.Fatal(err)
	}
	do := func(bodies ...string) {
		t.Helper()
		if out, err := p.HandleJobs(t.Context(), jobsOf(bodies...)); err != nil || len(out.BatchItemFailures) > 0 {
			t.Errorf("jobs: %+v, %v, want no failure; log: %s", out, err, log)
		}
	}
	do(`{"task":"catch-up","stream":{"type":"Note","id":"n"}}`)
	bodies := l.take(t, "10s")
	now = now.Add(12 * time.Second)
	o.down.Store(true)
	do(bodies...)
	bodies = l.take(t, "2s") // it is 2 s late
	o.down.Store(false)
	do(bodies...)
	if checked != 1 {
		t.Errorf("checked %d times, want 1", checked)
	}
}
