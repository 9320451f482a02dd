package functions_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/annals-es/annals/internal/objects"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// givenUp is the document of a batch that was given up, as Lambda writes it: the event is a text in it.
func givenUp(t *testing.T, records ...record) string {
	t.Helper()
	event, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{
		"requestContext": map[string]any{
			"requestId": "r", "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",
			"condition": "RecordAgeExceeded", "approximateInvokeCount": 12,
		},
		"responseContext": map[string]any{"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
		"version":         "1.0", "timestamp": "2026-11-25T10:00:00.000Z",
		"DDBStreamBatchInfo": map[string]any{
			"shardId": "shardId-1", "startSequenceNumber": "1", "endSequenceNumber": "1", "batchSize": len(records),
		},
		"payload": string(event),
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// told is what S3 sends to a queue when an object was made.
func told(id, key string) events.SQSMessage {
	return events.SQSMessage{MessageId: id, Body: `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3",` +
		`"eventName":"ObjectCreated:Put",` +
		`"s3":{"bucket":{"name":"given-up"},"object":{"key":"` + key + `","size":1}}}]}`}
}

// bucket is one in memory.
type bucket map[string]string

func (b bucket) get(_ context.Context, name, key string) ([]byte, error) {
	if text, there := b[name+"/"+key]; there {
		return []byte(text), nil
	}
	return nil, http.ErrMissingFile
}

// TestRedrive: what was given up of the stream is brought level by jobs of its streams, each suspected; what can't be
// read is reported, so that it ends among the dead letters; S3's greeting is nothing to do.
func TestRedrive(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	s.ok(t, "POST /accounts/a-1/deposits", usd5)
	s.ok(t, "POST /products", listedP)
	records := s.records(t)
	inside, err := json.Marshal(map[string]any{"payload": map[string]any{"Records": of(records, "Product#p")}})
	if err != nil {
		t.Fatal(err)
	}
	queue := &messages{}
	s.CatchUps = queue
	s.GivenUp = bucket{
		"given-up/aws/lambda/m/shardId-1/2026/11/25/a b": givenUp(t, of(records, "Account#a-1")...),
		"given-up/inside": string(inside),
		"given-up/empty":  givenUp(t),
		"given-up/old":    `{"requestContext":{},"DDBStreamBatchInfo":{}}`,
		"given-up/torn":   `{"payload":"` + secret,
	}.get
	s.build(t)
	out, err := s.projector.HandleJobs(t.Context(), events.SQSEvent{Records: []events.SQSMessage{
		told("good", "aws/lambda/m/shardId-1/2026/11/25/a+b"), told("inside", "inside"),
		told("missing", "missing"), told("empty", "empty"), told("old", "old"), told("torn", "torn"),
		{
			MessageId: "greeting",
			Body:      `{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-25T10:00:00.000Z","Bucket":"given-up"}`,
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	failed := map[string]bool{}
	for _, f := range out.BatchItemFailures {
		failed[f.ItemIdentifier] = true
	}
	if len(failed) != 4 || failed["good"] || failed["inside"] || failed["greeting"] {
		t.Errorf("items that failed: %v, want four, without good, inside and greeting", failed)
	}
	jobs := queue.all
	if len(jobs) != 2 || !jobs[0].Suspect || !jobs[1].Suspect || jobs[0].Task != projection.CatchUp {
		t.Fatalf("jobs: %+v, want two suspect catch-ups", jobs)
	}
	if out, err := s.projector.HandleJobs(t.Context(), queue.batch(t)); err != nil || len(out.BatchItemFailures) > 0 {
		t.Errorf("handle the jobs of the queue: %+v, %v, want no failed items", out, err)
	}
	s.query(t, "GET /accounts/a-1", `{"version":2}`)
	s.query(t, "GET /products/p", `{"version":1}`)
	if log := s.log.String(); !strings.Contains(log, "RecordAgeExceeded") || strings.Contains(log, secret) {
		t.Errorf("log: %s, want the reason and no payload", log)
	}
}

// TestSecondReceive: a job that comes again is done with care: the process that had it before may have ended over it.
func TestSecondReceive(t *testing.T) {
	t.Parallel()
	s, meter := newMeteredService(t)
	s.ok(t, "POST /accounts", opened)
	job, err := json.Marshal(projection.Job{
		Task: projection.CatchUp, Projection: "accounts", Stream: es.StreamID{Type: "Account", ID: "a-1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	meter.Take()
	_, err = s.projector.HandleJobs(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{
		MessageId: "again", Body: string(job), Attributes: map[string]string{"ApproximateReceiveCount": "2"},
	}}})
	// It was parked before it was tried.
	if used := meter.Take().Requests; used["TransactWriteItems"] != 2 {
		t.Errorf("requests: %v, want two transactions", used)
	}
	if err != nil || strings.Contains(s.log.String(), "a job failed") {
		t.Errorf("handle the job again: %v, want no failure; log:\n%s", err, s.log)
	}
	s.query(t, "GET /accounts/a-1", `{"version":1}`)
}

// TestObjects: S3 is asked by a signed GET, at the bucket's own address, or below the endpoint that is configured.
func TestObjects(t *testing.T) {
	t.Parallel()
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.EscapedPath())
		if r.Header.Get("X-Amz-Content-Sha256") == "" ||
			!strings.Contains(r.Header.Get("Authorization"), "/us-east-1/s3/aws4_request") {
			t.Errorf("headers: %v, want a signature for S3", r.Header)
		}
		if strings.HasSuffix(r.URL.Path, "missing") {
			http.Error(w, "<Code>NoSuchKey</Code>", http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte("content"))
	}))
	t.Cleanup(server.Close)
	cfg := aws.Config{
		Region: "us-east-1", HTTPClient: awshttp.NewBuildableClient().WithTimeout(5 * time.Second),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		}),
	}
	for _, test := range []struct {
		env        map[string]string
		endpoint   string
		key        string
		path, fail string
	}{
		{
			map[string]string{"PROJECTOR_FAILURES_URL": server.URL}, "",
			"aws/lambda/x/a:b c+d", "/aws/lambda/x/a%3Ab%20c%2Bd", "",
		},
		{map[string]string{"PROJECTOR_FAILURES_URL": "https://bucket.invalid"}, server.URL + "/", "k", "/bucket/k", ""},
		{nil, server.URL, "k", "/bucket/k", ""},
		{
			map[string]string{"PROJECTOR_FAILURES_URL": server.URL}, "",
			"missing", "/missing", "404 Not Found: <Code>NoSuchKey</Code>",
		},
		{nil, "", "k", "", "set PROJECTOR_FAILURES_URL or REACTOR_FAILURES_URL"},
		{map[string]string{"PROJECTOR_FAILURES_URL": "http://127.0.0.1:1"}, "", "k", "", "connection refused"},
	} {
		asked = nil
		cfg := cfg.Copy()
		if test.endpoint != "" {
			cfg.BaseEndpoint = &test.endpoint
		}
		body, err := objects.New(cfg, func(name string) string { return test.env[name] }).Get(t.Context(), "bucket", test.key)
		if test.fail == "" && (err != nil || string(body) != "content") ||
			test.fail != "" && (err == nil || !strings.Contains(err.Error(), test.fail)) {
			t.Errorf("fetch object %s: %q, %v, want %q", test.key, body, err, test.fail)
		}
		if got := strings.Join(asked, " "); got != test.path {
			t.Errorf("asked for %s, want %s", got, test.path)
		}
	}
}
