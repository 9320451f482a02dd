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

// Tracing traces a process. A nil one traces nothing.
type Tracing struct {
	provider   *sdktrace.TracerProvider
	propagator propagation.TextMapPropagator
}

// New returns what traces a function, nil where the environment names no collector.
//
// Errors: an endpoint or headers that can't be.
func New(getenv func(string) string, function string) (*Tracing, error) {
	exporter, err := newExporter(getenv)
	if err != nil || exporter == nil {
		return nil, err
	}
	named, err := resource.New(context.Background(),
		resource.WithAttributes(attribute.String("service.name", "annals"), attribute.String("faas.name", function)), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	return &Tracing{
		provider: sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(named)),
		// What the caller says goes before what Lambda says.
		propagator: propagation.NewCompositeTextMapPropagator(xray.Propagator{}, propagation.TraceContext{}),
	}, nil
}

// Calls makes a span of each call of the AWS SDK's clients that are made of cfg.
func (t *Tracing) Calls(cfg *aws.Config) {
	if t != nil {
		otelaws.AppendMiddlewares(&cfg.APIOptions, otelaws.WithTracerProvider(t.provider), otelaws.WithTextMapPropagator(t.propagator))
	}
}

// Invocations is a handler that makes a span of each invocation. Spans are sent before it ends: Lambda may freeze the process
// then.
func (t *Tracing) Invocations(next lambda.Handler) lambda.Handler {
	if t == nil {
		return next
	}
	return otellambda.WrapHandler(next, otellambda.WithTracerProvider(t.provider), otellambda.WithPropagator(t.propagator),
		otellambda.WithFlusher(t.provider), otellambda.WithEventToCarrier(carrier))
}

// carrier is where an invocation says which trace it belongs to: the headers of a request, as W3C or X-Ray spell it, else
// what Lambda was told.
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

// setXRay takes an X-Ray header that says that its trace is recorded. Lambda and API Gateway make others too, where nobody
// records: their traces would stay without our spans, since a span follows its parent in that.
func setXRay(found propagation.HeaderCarrier, header string) {
	if strings.Contains(header, "Sampled=1") {
		found.Set("X-Amzn-Trace-Id", header)
	}
}

// maxIDs is how many correlation ids a span names at most. A batch may have more.
const maxIDs = 100

// Correlate says of the span of ctx, if there is one, which correlation ids it is about.
func Correlate(ctx context.Context, ids ...string) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(attribute.StringSlice("annals.correlation_ids", ids[:min(len(ids), maxIDs)]))
	}
}
