package annalslambda_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/annals/publish/eventbus"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestAllClientsGoToTheEndpoint: AWS_ENDPOINT_URL redirects every client that a function has.
func TestAllClientsGoToTheEndpoint(t *testing.T) { //nolint:paralleltest // it sets the environment
	var mu sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, strings.TrimPrefix(r.Header.Get("X-Amz-Target")+" "+r.URL.Path, " "))
		http.Error(w, `{"__type":"ValidationException"}`, http.StatusBadRequest)
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_CONFIG_FILE": "/dev/null", "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "a",
		"AWS_SECRET_ACCESS_KEY":  "b",
		"CATCH_UP_QUEUE_URL":     "https://sqs.invalid/0/q",
		"EVENT_BUS_ARN":          "arn:aws:events:eu-west-1:000000000000:event-bus/b",
		"EVENT_SOURCE":           "x",
		"REBUILD_MACHINE_ARN":    "arn:aws:states:eu-west-1:000000000000:stateMachine:m",
		"PROJECTOR_FAILURES_URL": "https://bucket.invalid",
	} {
		t.Setenv(name, value)
	}
	s, err := annalslambda.FromEnvironment(configuration(t), tiny, nil)
	if err != nil {
		t.Fatal(err)
	}
	s = s.Connect(eventbus.Connect)
	for want, call := range map[string]func(ctx context.Context) error{
		"DynamoDB_20120810.DescribeTable /": func(ctx context.Context) error {
			_, err := s.DynamoDB.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("table")})
			return err
		},
		"AmazonSQS.SendMessageBatch /": func(ctx context.Context) error {
			return s.CatchUps.Enqueue(ctx, 0, projection.Job{})
		},
		"AWSEvents.PutEvents /": func(ctx context.Context) error {
			return s.Bus.Send(ctx, publish.Message{Type: "x", Detail: []byte("{}")})
		},
		"AWSStepFunctions.StartExecution /": func(ctx context.Context) error {
			return s.Rebuilds.Start(ctx, "p", projection.Stage{})
		},
		"/bucket/key": func(ctx context.Context) error { _, err := s.GivenUp(ctx, "bucket", "key"); return err },
	} {
		asked = nil
		err := call(t.Context())
		if mu.Lock(); !slices.Contains(asked, want) {
			t.Errorf("want %s among the requests: %q, %v", want, asked, err)
		}
		mu.Unlock()
	}
}
