package functions_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/email"
)

// TestSecretsAreNotLogged: whatever goes well or wrong, no function logs what its callers authenticate with, what they
// write about people, or what itself signs and hashes with. Ids of streams are logged.
func TestSecretsAreNotLogged(t *testing.T) {
	t.Parallel()
	s := newService(t)
	b, _ := s.withBus(t)
	b.fails = func() error { return errors.New(secret) } // a bus may cite what it refuses
	s.Tables[annalsaws.Connections.Name] = dynamotest.Table(t, s.client, annalsaws.Connections.Table)
	s.Secrets, s.Store.Attempts = emailKey(secret), 1
	s.through(t, nil)
	s.everything(t)
	for name, fault := range faults {
		s.through(t, fault)
		s.everything(t)
		if log := s.log.String(); !strings.Contains(log, `"level":"`) {
			t.Errorf("%s: the log is empty", name)
		}
	}
	s.through(t, nil)
	s.spoilSnapshots(t)
	s.everything(t)
	s.ok(t, "POST /accounts/a/deposits", usd5) // spoilt before it is projected
	s.spoilEvents(t)
	s.everything(t)
	log := s.log.String()
	for _, want := range []string{
		"ProvisionedThroughputExceededException", "ValidationException", "InternalServerError", "deserialization failed",
		"connection refused",
		"snapshot not used", "is corrupt", "a stream is parked", "a job failed", "WebSocket event failed",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("%q was not logged, so this test did not try it", want)
		}
	}
	for line := range strings.Lines(log) {
		if strings.Contains(strings.ToLower(line), secret) {
			t.Errorf("log has a secret: %s", line)
		}
	}
}

// TestStartLogsNoSecrets: a function that can't start says why, and nothing of its environment's values.
func TestStartLogsNoSecrets(t *testing.T) {
	t.Parallel()
	cmd, output := function(t, "AWS_SECRET_ACCESS_KEY="+secret, "AWS_SESSION_TOKEN="+secret, email.KeyEnv+"="+secret)
	if err := cmd.Run(); err == nil || !strings.Contains(output.String(), "TABLE_EVENTS") ||
		strings.Contains(output.String(), secret) {
		t.Errorf("start without TABLE_EVENTS: %v, printed %s; want an error that names it and no secret", err, output)
	}
}

// everything sends commands and queries that are done and that are refused, all with secrets in them; and what they
// caused to the projector, to the reactor and to their queues; and messages to the WebSocket API.
func (s *service) everything(t *testing.T) {
	t.Helper()
	const (
		price   = `{"amount":"1.00","currency":"USD"}`
		amount  = `{"amount":` + price + `,"description":"` + secret + `"}`
		address = `{"recipient":"` + secret + `","line1":"` + secret + `","city":"` + secret + `","country":"UK"}`
		person  = `"ownerName":"` + secret + `","email":"` + secret + `@example.org"`
	)
	headers := []string{"Authorization: Bearer " + secret, "Cookie: " + secret, "X-Api-Key: " + secret, "Prefer: wait=0"}
	for target, bodies := range map[string][]string{
		"POST /accounts": {
			`{"accountId":"a",` + person + `,"initialDeposit":` + price + `}`,
			`{"accountId":"b",` + person + `,"initialDeposit":` + price + `}`,
			`{"` + secret, `{"accountId":"` + secret + `#","initialDeposit":{"amount":"` + secret + `"}}`,
		},
		"POST /accounts/a/deposits": {amount, `{"amount":{"amount":"` + secret + `","currency":"USD"}}`},
		"POST /products":            {`{"productId":"p","name":"` + secret + `","unitPrice":` + price + `}`},
		"POST /products/p/stock":    {`{"quantity":9}`},
		"POST /orders": {
			`{"orderId":"o","customerId":"c","items":[{"productId":"p","quantity":1,"unitPrice":` + price + `}]}`,
		},
		"PUT /orders/o/shipping-address":     {address},
		"POST /orders/o/place":               {""},
		"POST /orders/o/payments":            {`{"paymentId":"x","amount":` + price + `}`},
		"GET /accounts/a?asOf=" + secret:     {""},
		"GET /accounts/a?version=1":          {""},
		"GET /accounts/a?after=" + secret:    {""},
		"GET /accounts/a":                    {""},
		"GET /accounts/a/statement?cursor=x": {""},
		"GET /streams/Account/a":             {""},
	} {
		for i, body := range bodies {
			s.send(t, target, body,
				append(headers, "Idempotency-Key: "+secret+strings.Repeat("i", i), "Consistency-Token: Account#a@1")...)
			s.send(t, target, body, append(headers, "Consistency-Token: "+secret)...)
		}
	}
	reactor, err := s.Reactor()
	if err != nil {
		t.Fatal(err)
	}
	records := s.records(t)
	projector := s.projector
	defer func() { s.projector = projector }()
	for _, p := range []*annalslambda.Subscriber{projector, reactor} {
		s.projector = p
		s.deliver(t, records...)
		queue := &messages{}
		for _, stream := range []es.StreamID{{Type: "Account", ID: "a"}, {Type: "Order", ID: "o"}} {
			if err := queue.Enqueue(t.Context(), 0, projection.Job{Task: projection.CatchUp, Stream: stream}); err != nil {
				t.Fatal(err)
			}
		}
		batch := queue.batch(t)
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: "m", Body: `{"task":"` + secret})
		if _, err := p.HandleJobs(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	socket := socketOn(t, s.Deployment)
	for route, body := range map[string]string{
		"$connect": "", "subscribe": `{"action":"subscribe","projection":"orders","stream":"Order#o"}`, "$default": secret,
		"$disconnect": "",
	} {
		e := events.APIGatewayWebsocketProxyRequest{Body: body, Headers: map[string]string{"Authorization": secret}}
		e.RequestContext.RouteKey, e.RequestContext.ConnectionID = route, "connection"
		if _, err := tell(t, socket, e); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"Authorization": "Bearer " + secret, "Sec-WebSocket-Protocol": "bearer." + secret,
	} {
		_, _ = tell(t, socket, events.APIGatewayCustomAuthorizerRequestTypeRequest{
			Type: "REQUEST", Headers: map[string]string{name: value},
		})
	}
}

// faults are answers to all that is asked of DynamoDB. Each may cite what was asked.
var faults = map[string]func(body []byte) (*http.Response, error){
	"throttled": refusal(http.StatusBadRequest, "ProvisionedThroughputExceededException"),
	"malformed": refusal(http.StatusBadRequest, "ValidationException"),
	"broken":    refusal(http.StatusInternalServerError, "InternalServerError"),
	"no JSON": func(body []byte) (*http.Response, error) {
		return respond(http.StatusOK, append([]byte(`{"Item":`), body[1:]...)), nil
	},
	"unreachable": func([]byte) (*http.Response, error) { return nil, errors.New("connection refused") },
}

func refusal(status int, code string) func([]byte) (*http.Response, error) {
	return func([]byte) (*http.Response, error) {
		return respond(status, []byte(`{"__type":"com.amazonaws.dynamodb.v20120810#`+code+`","message":"no"}`)), nil
	}
}

func respond(status int, body []byte) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
	}
}

// faulty answers requests with a fault.
type faulty func(body []byte) (*http.Response, error)

func (f faulty) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	return f(body)
}

// through builds the functions again, on DynamoDB or on a fault.
func (s *service) through(t *testing.T, fault faulty) {
	t.Helper()
	s.DynamoDB = dynamotest.Client(t, annalslambda.Punctual, func(o *dynamodb.Options) {
		o.Credentials = credentials.NewStaticCredentialsProvider("local", secret, secret)
		if fault != nil {
			o.HTTPClient, o.Retryer = fault, aws.NopRetryer{}
		}
	})
	s.build(t)
}

// spoilSnapshots stores a snapshot of an account that can't be read.
func (s *service) spoilSnapshots(t *testing.T) {
	t.Helper()
	snapshots := dynamostore.NewSnapshots(s.client, s.Tables.Of(annalsaws.Snapshots))
	err := snapshots.SaveSnapshot(t.Context(), es.Snapshot{
		At: es.StreamVersion{Stream: es.StreamID{Type: "Account", ID: "a"}, Version: 1}, Version: 1, Schema: 1,
		Hash:  []byte("hash"),
		State: []byte(`{"balance":{"amount":"` + secret + `","currency":"USD"}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// spoilEvents makes the payloads of all events such that they don't fit their types.
func (s *service) spoilEvents(t *testing.T) {
	t.Helper()
	const amount = `{"amount":"` + secret + `","currency":"USD"}`
	payload := types.AttributeValueMemberS{
		Value: `{"amount":` + amount + `,"initialDeposit":` + amount + `,"unitPrice":` + amount + `,"total":` + amount + `}`,
	}
	name := s.Tables.Of(annalsaws.Events)
	page, err := s.client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &name})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range page.Items {
		list, _ := item["events"].(*types.AttributeValueMemberL)
		for i := range list.Value {
			event, _ := list.Value[i].(*types.AttributeValueMemberM)
			event.Value["data"] = &payload
		}
		delete(item, "zdata")
		if _, err := s.client.PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: aws.String(name), Item: item,
		}); err != nil {
			t.Fatal(err)
		}
	}
}
