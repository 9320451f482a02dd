package tracing

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

func environment(all map[string]string) func(string) string {
	return func(name string) string { return all[name] }
}

// handler echoes its input.
type handler func(context.Context) error

func (h handler) Invoke(ctx context.Context, in []byte) ([]byte, error) { return in, h(ctx) }

// TestOff: without a collector, handlers and configurations are unchanged.
func TestOff(t *testing.T) {
	t.Parallel()
	off, err := New(environment(nil), "f")
	if err != nil || off != nil {
		t.Fatalf("tracing without a collector: %v, %v, want nil and no error", off, err)
	}
	var cfg aws.Config
	off.Calls(&cfg)
	if _, same := off.Invocations(handler(nil)).(handler); !same || len(cfg.APIOptions) > 0 {
		t.Errorf("something is traced: %v", cfg.APIOptions)
	}
	Correlate(t.Context(), "x")
}

func TestWhatCanNotBe(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"localhost:4318", "grpc://x:1", "http://", "http://%zz"} {
		if _, err := New(environment(map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}), "f"); err == nil {
			t.Errorf("endpoint %q is accepted", endpoint)
		}
	}
	for _, headers := range []string{"api-key", "api-key=%zz"} {
		_, err := New(environment(map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h", "OTEL_EXPORTER_OTLP_HEADERS": headers,
		}), "f")
		if err == nil || strings.Contains(err.Error(), "api-key") {
			t.Errorf("headers %q: %v, want an error without the key", headers, err)
		}
	}
}

// TestCarrier: which parent a span gets. X-Ray's headers of traces that are not recorded are ignored.
func TestCarrier(t *testing.T) { //nolint:paralleltest // sets the environment
	const root = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled="
	for _, tt := range []struct{ name, event, lambda, want string }{
		{"nobody", `{}`, "", ""},
		{"no event of HTTP", `[1]`, root + "1", "5759e988bd862e3fe1be46a994272793"},
		{"Lambda", `{"Records":[]}`, root + "1", "5759e988bd862e3fe1be46a994272793"},
		{"Lambda, not recorded", `{}`, root + "0", ""},
		{"a caller by X-Ray", `{"headers":{"x-amzn-trace-id":"` + root + `1"}}`, "", "5759e988bd862e3fe1be46a994272793"},
		{"API Gateway", `{"headers":{"x-amzn-trace-id":"Root=1-5759e988-bd862e3fe1be46a994272793"}}`, "", ""},
		{"a caller by W3C, before all",
			`{"headers":{"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}}`, root + "1",
			"4bf92f3577b34da6a3ce929d0e0e4736"},
	} {
		t.Setenv("_X_AMZN_TRACE_ID", tt.lambda)
		on, err := New(environment(map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h"}), "f")
		if err != nil {
			t.Fatal(err)
		}
		followed := trace.SpanContextFromContext(on.propagator.Extract(t.Context(), carrier([]byte(tt.event))))
		if got := followed.TraceID().String(); got != tt.want && (tt.want != "" || followed.IsValid()) {
			t.Errorf("%s: trace id %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestDocument: the exporter sends the JSON format of OTLP.
func TestDocument(t *testing.T) {
	t.Parallel()
	var got map[string]any
	var header http.Header
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &got)
	}))
	defer server.Close()
	on, err := New(environment(map[string]string{
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": server.URL + "/x", "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20b, other=c",
	}), "f")
	if err != nil {
		t.Fatal(err)
	}
	ctx, s := on.provider.Tracer("lib", trace.WithInstrumentationVersion("1")).Start(t.Context(), "s",
		trace.WithSpanKind(trace.SpanKindClient))
	Correlate(ctx, "c1", "c2")
	s.SetAttributes(attribute.Bool("b", true), attribute.Int("i", 7), attribute.Float64("f", 1.5),
		attribute.String("s", "t"), attribute.IntSlice("l", []int{1, 2}))
	s.SetStatus(codes.Error, "broken")
	s.End()
	if err := on.provider.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if header.Get("Api-Key") != "a b" || header.Get("Other") != "c" || header.Get("Content-Type") != "application/json" {
		t.Errorf("headers of the export: %v", header)
	}
	text := func(s string) any { return map[string]any{"stringValue": s} }
	attributeOf := func(key string, value any) any { return map[string]any{"key": key, "value": value} }
	spans := got["resourceSpans"].([]any)[0].(map[string]any)["scopeSpans"].([]any)[0].(map[string]any)
	sent := spans["spans"].([]any)[0].(map[string]any)
	for _, name := range []string{"traceId", "spanId", "startTimeUnixNano", "endTimeUnixNano"} {
		if value, _ := sent[name].(string); value == "" {
			t.Errorf("attribute %s of the resource: %v, want a text", name, sent[name])
		}
		delete(sent, name)
	}
	want := map[string]any{
		"scope": map[string]any{"name": "lib", "version": "1"},
		"spans": []any{map[string]any{
			"name": "s", "kind": 3.0, "status": map[string]any{"code": 2.0, "message": "broken"},
			"attributes": []any{
				attributeOf("annals.correlation_ids", map[string]any{
					"arrayValue": map[string]any{"values": []any{text("c1"), text("c2")}},
				}),
				attributeOf("b", map[string]any{"boolValue": true}), attributeOf("i", map[string]any{"intValue": "7"}),
				attributeOf("f", map[string]any{"doubleValue": 1.5}), attributeOf("s", text("t")), attributeOf("l", text("[1 2]")),
			},
		}},
	}
	if diff := cmp.Diff(want, spans); diff != "" {
		t.Errorf("spans (-want +sent):\n%s", diff)
	}
}

// TestCollectorIsAway: the result of an invocation is the same if its spans can't be sent.
func TestCollectorIsAway(t *testing.T) {
	t.Parallel()
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	}))
	defer refuses.Close()
	for _, endpoint := range []string{"http://127.0.0.1:1", refuses.URL} {
		on, err := New(environment(map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}), "f")
		if err != nil {
			t.Fatal(err)
		}
		boom := errors.New("boom")
		if _, err := on.Invocations(handler(func(context.Context) error {
			return boom
		})).Invoke(t.Context(), nil); !errors.Is(err, boom) {
			t.Errorf("invoke with the collector at %s: %v, want the function's own error", endpoint, err)
		}
		_, s := on.provider.Tracer("lib").Start(t.Context(), "s")
		s.End()
		if err := on.provider.ForceFlush(t.Context()); err == nil {
			t.Errorf("%s: the export returned no error", endpoint)
		}
	}
}
