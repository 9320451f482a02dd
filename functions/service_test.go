package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/dynamokeys"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/contracttest"
	"github.com/annals-es/annals/shop/email"
)

// declared is the shop.
var declared = shop.New().On()

// emailKey are the secrets of the shop: its one.
func emailKey(key string) func(env string) string {
	return func(env string) string { return map[string]string{email.KeyEnv: key}[env] }
}

// service is the whole service on tables of its own, called as Lambda calls it.
type service struct {
	annalslambda.Deployment
	client    *dynamodb.Client
	functions map[annalsaws.Function]gateway
	projector *annalslambda.Subscriber
	log       *logged
	later     *later
}

type gateway = func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)

func newService(t testing.TB) *service {
	t.Helper()
	return newServiceOn(t, dynamotest.Client(t, annalslambda.Punctual))
}

func newServiceOn(t testing.TB, client *dynamodb.Client) *service {
	t.Helper()
	names := annalslambda.TableNames{}
	for _, table := range annalsaws.ProjectorTables(declared) {
		names[table.Name] = dynamotest.Table(t, client, dynamotest.Unread(table.Table))
	}
	s := &service{client: client, log: &logged{}, later: &later{}}
	s.Deployment = annalslambda.Deployment{
		Service: declared, DynamoDB: client, Tables: names, Log: slog.New(slog.NewJSONHandler(s.log, nil)),
		Secrets: emailKey("key"), CursorKey: strings.Repeat("k", 32), Later: s.later,
	}
	s.build(t)
	return s
}

// build makes the functions of what the service is made from.
func (s *service) build(t testing.TB) {
	t.Helper()
	commands, err := s.Command()
	if err != nil {
		t.Fatal(err)
	}
	queries, err := s.Query()
	if err != nil {
		t.Fatal(err)
	}
	if s.projector, err = s.Projector(); err != nil {
		t.Fatal(err)
	}
	s.functions = map[annalsaws.Function]gateway{
		annalsaws.Command: annalslambda.Gateway(declared, commands, s.Log),
		annalsaws.Query:   annalslambda.Gateway(declared, queries, s.Log),
	}
}

// logged is what the service logged.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// answer is what API Gateway gives to the caller.
type answer struct {
	events.APIGatewayV2HTTPResponse
}

// send sends a request by way of API Gateway. A target is a method, a path and perhaps a query; headers are "Name:
// value".
func (s *service) send(t testing.TB, target, body string, headers ...string) answer {
	t.Helper()
	function, event := request(t, target, body, headers...)
	var in events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(event, &in); err != nil {
		t.Fatal(err)
	}
	out, err := s.functions[function](t.Context(), in)
	if err != nil {
		t.Fatalf("invoke the function for %s: %v", target, err)
	}
	return documented(t, in, out)
}

// documented checks that the OpenAPI document has an answer, and returns it.
func documented(t testing.TB, in events.APIGatewayV2HTTPRequest, out events.APIGatewayV2HTTPResponse) answer {
	t.Helper()
	contracttest.Check(t, in.RequestContext.HTTP.Method, in.RawPath, contracttest.Answer{
		Status: out.StatusCode, ContentType: out.Headers["Content-Type"], Body: out.Body,
	})
	return answer{out}
}

// ok sends a request that must succeed.
func (s *service) ok(t testing.TB, target, body string, headers ...string) answer {
	t.Helper()
	got := s.send(t, target, body, headers...)
	if got.StatusCode != http.StatusOK && got.StatusCode != http.StatusCreated {
		t.Fatalf("%s: status %d, body %s; want 200 or 201", target, got.StatusCode, got.Body)
	}
	return got
}

// refused sends a request that must be answered with a problem.
func (s *service) refused(t *testing.T, target, body string, status int, code string, headers ...string) {
	t.Helper()
	got := s.send(t, target, body, headers...)
	if got.StatusCode != status || !strings.Contains(got.Body, `/problems/`+code+`"`) {
		t.Errorf("%s: status %d, body %s; want %d and problem %s", target, got.StatusCode, got.Body, status, code)
	}
}

// subscriptions are the read models, as an engine runs them.
func (s *service) subscriptions() []projection.Subscription {
	return declared.Subscriptions(func(name string) projection.View { return dynamoview.New(s.client, s.Tables[name]) })
}

// events is the event store, which decrypts personal data.
func (s *service) events(t *testing.T) *personal.Store {
	t.Helper()
	events, err := dynamostore.New(s.client, s.Tables.Of(annalsaws.Events), dynamostore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	store, err := personal.NewStore(events, s.keys(t))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// keys are the keys of personal data.
func (s *service) keys(t *testing.T) *dynamokeys.Keys {
	t.Helper()
	keys, err := dynamokeys.New(s.client, s.Tables.Of(annalsaws.Keys))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// request is the event that API Gateway makes of a request, and the function that it sends it to.
func request(t testing.TB, target, body string, headers ...string) (annalsaws.Function, []byte) {
	t.Helper()
	method, rest, _ := strings.Cut(target, " ")
	u, err := url.Parse(rest)
	if err != nil {
		t.Fatal(err)
	}
	event := map[string]any{
		"version": "2.0", "routeKey": "", "rawPath": u.Path, "rawQueryString": u.RawQuery,
		"headers": map[string]string{"host": "api.example.org"}, "isBase64Encoded": false,
		"requestContext": map[string]any{"http": map[string]string{
			"method": method, "path": u.Path, "sourceIp": "192.0.2.1",
		}},
	}
	if body != "" {
		event["body"] = body
		event["headers"].(map[string]string)["content-type"] = "application/json"
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ":")
		event["headers"].(map[string]string)[strings.ToLower(name)] = strings.TrimSpace(value)
	}
	var function annalsaws.Function
	mux := http.NewServeMux()
	for _, route := range declared.Operations {
		mux.HandleFunc(route.Method+" "+route.Path, func(_ http.ResponseWriter, r *http.Request) {
			function = annalsaws.Query
			if route.Kind.Commands() {
				function = annalsaws.Command
			}
			event["routeKey"] = route.Method + " " + route.Path
			parameters := map[string]string{}
			for segment := range strings.SplitSeq(route.Path, "/") {
				if name, ok := strings.CutPrefix(segment, "{"); ok {
					name = strings.TrimSuffix(name, "}")
					parameters[name] = r.PathValue(name)
				}
			}
			event["pathParameters"] = parameters
		})
	}
	mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), method, rest, nil))
	if function == "" {
		t.Fatalf("%s is no route", target)
	}
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return function, text
}

// project sends all commits that are stored to the projector, as a batch of the event table's stream.
func (s *service) project(t testing.TB) {
	t.Helper()
	if failures := s.deliver(t, s.records(t)...); len(failures) > 0 {
		t.Fatalf("deliver the commits: items %v failed; log:\n%s", failures, s.log)
	}
}

// record is a record of the event table's stream, in its JSON form.
type record map[string]any

// records makes a record of each stored commit, numbered from 1 on.
func (s *service) records(t testing.TB) []record {
	t.Helper()
	var all []record
	for _, item := range s.commits(t) {
		all = append(all, newRecord("INSERT", fmt.Sprint(len(all)+1), item))
	}
	return all
}

// commits are the items of all stored commits.
func (s *service) commits(t testing.TB) []map[string]types.AttributeValue {
	t.Helper()
	name := s.Tables.Of(annalsaws.Events)
	var all []map[string]types.AttributeValue
	pages := dynamodb.NewScanPaginator(s.client, &dynamodb.ScanInput{TableName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Items...)
	}
	return all
}

func newRecord(operation, number string, item map[string]types.AttributeValue) record {
	image := dynamotest.ItemJSON(item)
	return record{
		"eventID": "e" + number, "eventName": operation, "eventSource": "aws:dynamodb",
		"dynamodb": map[string]any{
			"ApproximateCreationDateTime": 1.7e9, "SequenceNumber": number, "StreamViewType": "NEW_IMAGE",
			"Keys":     map[string]any{"stream": image["stream"], "version": image["version"]},
			"NewImage": image,
		},
	}
}

// deliver sends records to the projector, and returns the sequence numbers that it reports as failed.
func (s *service) deliver(t testing.TB, records ...record) []string {
	t.Helper()
	out, err := s.projector.Handle(t.Context(), batchOf(t, records...))
	if err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, f := range out.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed
}

// batchOf is a batch of the event table's stream.
func batchOf(t testing.TB, records ...record) (batch events.DynamoDBEvent) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &batch); err != nil {
		t.Fatal(err)
	}
	return batch
}
