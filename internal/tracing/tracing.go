package tracing

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"go.opentelemetry.io/contrib/instrumentation/github.com/aws/aws-lambda-go/otellambda"
	"go.opentelemetry.io/contrib/instrumentation/github.com/aws/aws-sdk-go-v2/otelaws"
	"go.opentelemetry.io/contrib/propagators/aws/xray"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Tracing traces a process. A nil Tracing traces nothing.
type Tracing struct {
	provider   *sdktrace.TracerProvider
	propagator propagation.TextMapPropagator
}

// New returns the tracing of a function. It returns nil if the environment names no collector.
//
// Errors: a malformed endpoint, headers or resource attributes in the environment.
func New(getenv func(string) string, function string) (*Tracing, error) {
	exporter, err := newExporter(getenv)
	if err != nil || exporter == nil {
		return nil, err
	}
	named, err := resource.New(context.Background(),
		resource.WithAttributes(attribute.String("service.name", "annals"), attribute.String("faas.name", function)),
		resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	return &Tracing{
		provider: sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(named)),
		// The last propagator wins: the caller's traceparent takes precedence over X-Ray's header.
		propagator: propagation.NewCompositeTextMapPropagator(xray.Propagator{}, propagation.TraceContext{}),
	}, nil
}

// Calls makes AWS SDK clients that are created from cfg record a span for each call.
func (t *Tracing) Calls(cfg *aws.Config) {
	if t != nil {
		otelaws.AppendMiddlewares(&cfg.APIOptions, otelaws.WithTracerProvider(t.provider),
			otelaws.WithTextMapPropagator(t.propagator))
	}
}

// Invocations returns a handler that records a span for each invocation of next. It sends the spans before the
// invocation ends, since Lambda may freeze the process after that.
func (t *Tracing) Invocations(next lambda.Handler) lambda.Handler {
	if t == nil {
		return next
	}
	return otellambda.WrapHandler(next, otellambda.WithTracerProvider(t.provider), otellambda.WithPropagator(t.propagator),
		otellambda.WithFlusher(t.provider), otellambda.WithEventToCarrier(carrier))
}

// carrier returns the headers that say which trace an invocation belongs to: those of the HTTP request, in the format
// of W3C or X-Ray; else X-Ray's header from Lambda's environment.
func carrier(event []byte) propagation.TextMapCarrier {
	var request struct {
		Headers map[string]string `json:"headers"`
	}
	_ = json.Unmarshal(event, &request) // another kind of event has no headers
	found := propagation.HeaderCarrier{}
	setXRay(found, os.Getenv("_X_AMZN_TRACE_ID"))
	for name, value := range request.Headers {
		switch strings.ToLower(name) {
		case "traceparent", "tracestate":
			found.Set(name, value)
		case "x-amzn-trace-id":
			setXRay(found, value)
		}
	}
	return found
}

// setXRay sets an X-Ray header if its trace is recorded. Lambda and API Gateway also send headers of traces that are
// not recorded. With such a parent our spans would not be recorded either, so those headers are dropped.
func setXRay(found propagation.HeaderCarrier, header string) {
	if strings.Contains(header, "Sampled=1") {
		found.Set("X-Amzn-Trace-Id", header)
	}
}

// maxIDs is the maximum number of correlation ids in a span. A batch may have more.
const maxIDs = 100

// Correlate sets the correlation ids of the span of ctx, if there is one.
func Correlate(ctx context.Context, ids ...string) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(attribute.StringSlice("annals.correlation_ids", ids[:min(len(ids), maxIDs)]))
	}
}
