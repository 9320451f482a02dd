package functions_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/annals-es/annals/internal/tracing"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// collector takes spans as OTLP has them in JSON.
type collector struct {
	mu    sync.Mutex
	spans []collected
}

type collected struct {
	TraceID, SpanID, ParentSpanID, Name string
	Attributes                          []struct {
		Key   string
		Value struct {
			StringValue string
			ArrayValue  struct {
				Values []struct{ StringValue string }
			}
		}
	}
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ResourceSpans []struct{ ScopeSpans []struct{ Spans []collected } }
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, "no spans", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, scope := range in.ResourceSpans[0].ScopeSpans {
		c.spans = append(c.spans, scope.Spans...)
	}
}

func (c *collector) named(t *testing.T, name string) collected {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.spans, func(s collected) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("no span %s among %+v", name, c.spans)
	}
	return c.spans[i]
}

func (s *collected) correlations() []string {
	var ids []string
	for _, a := range s.Attributes {
		if a.Key == "annals.correlation_ids" {
			for _, v := range a.Value.ArrayValue.Values {
				ids = append(ids, v.StringValue)
			}
		}
	}
	return ids
}

// TestTraces: a command, its append and what a caller's trace says are one trace; the projector's invocation names the
// same correlation id as the command's and the event. No span holds a payload.
func TestTraces(t *testing.T) {
	t.Parallel()
	seen := &collector{}
	server := httptest.NewServer(seen)
	t.Cleanup(server.Close)
	getenv := func(name string) string {
		return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL}[name]
	}
	traces, err := tracing.New(getenv, "f")
	if err != nil {
		t.Fatal(err)
	}
	cfg := aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		BaseEndpoint: aws.String(dynamotest.Endpoint(t)),
	}
	traces.Calls(&cfg)
	s := newServiceOn(t, annalslambda.NewClient(cfg))

	const trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	command := traces.Invocations(lambda.NewHandler(s.functions[annalsaws.Command]))
	answer, err := command.Invoke(t.Context(), []byte(`{"version":"2.0","routeKey":"POST /accounts","rawPath":"/accounts",
		"headers":{"content-type":"application/json","traceparent":"00-`+trace+`-`+parent+`-01","x-correlation-id":"corr-1"},
		"requestContext":{"http":{"method":"POST","path":"/accounts"}},"body":"{\"accountId\":\"a-1\",\"ownerName\":\"Ada\",\"initialDeposit\":{\"amount\":\"10\",\"currency\":\"USD\"}}"}`))
	if err != nil || !strings.Contains(string(answer), `"statusCode":201`) {
		t.Fatalf("open an account: %s, %v, want status 201", answer, err)
	}
	put := seen.named(t, "DynamoDB.PutItem")
	invocation := seen.named(t, "")
	if invocation.TraceID != trace || invocation.ParentSpanID != parent || put.TraceID != trace ||
		put.ParentSpanID != invocation.SpanID {
		t.Errorf("want one trace of both\ninvocation %+v\nappend %+v", invocation, put)
	}
	if got := invocation.correlations(); !slices.Equal(got, []string{"corr-1"}) {
		t.Errorf("the command's span is about %v", got)
	}

	seen.spans = nil
	projector := traces.Invocations(lambda.NewHandler(s.projector.Handle))
	batch, err := json.Marshal(map[string]any{"Records": s.records(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := projector.Invoke(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	projected := seen.named(t, "")
	if got := projected.correlations(); !slices.Equal(got, []string{"corr-1"}) {
		t.Errorf("the projector's span is about %v", got)
	}
	if text, _ := json.Marshal(seen.spans); strings.Contains(string(text), "Ada") {
		t.Errorf("a span holds a payload: %s", text)
	}
}
