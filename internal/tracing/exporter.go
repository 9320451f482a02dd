package tracing

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// timeout is how long an export may delay an invocation. OpenTelemetry's own default is ten times as long.
const timeout = time.Second

// exporter sends spans as OTLP over HTTP, in JSON. OpenTelemetry's own exporter links Protocol Buffers and gRPC, which
// would make a function's binary 22 MB instead of 13.
type exporter struct {
	client  http.Client
	url     string
	headers http.Header
}

// newExporter returns the exporter that the environment describes, nil if it names no endpoint.
func newExporter(getenv func(string) string) (*exporter, error) {
	base, target := getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
	if base == "" && target == "" {
		return nil, nil
	}
	parsed, err := url.Parse(cmp.Or(target, base))
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return nil, errors.New("OTEL_EXPORTER_OTLP_ENDPOINT is not the URL of a collector, such as http://localhost:4318")
	}
	if target == "" {
		target = parsed.JoinPath("v1/traces").String()
	}
	e := &exporter{client: http.Client{Timeout: timeout}, url: target, headers: http.Header{}}
	if list := cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS"), getenv("OTEL_EXPORTER_OTLP_HEADERS")); list != "" {
		for pair := range strings.SplitSeq(list, ",") {
			name, value, ok := strings.Cut(pair, "=")
			if value, err = url.PathUnescape(value); err != nil || !ok { // the error does not quote it: it may be a key
				return nil, errors.New("OTEL_EXPORTER_OTLP_HEADERS is not a list of name=value, separated by commas")
			}
			e.headers.Set(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	e.headers.Set("Content-Type", "application/json")
	return e, nil
}

// ExportSpans implements [sdktrace.SpanExporter].
func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	body, err := json.Marshal(documentOf(spans))
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header = e.headers
	response, err := e.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body) // so that the connection is reused
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("the collector at %s answered %s", e.url, response.Status)
	}
	return nil
}

// Shutdown implements [sdktrace.SpanExporter].
func (e *exporter) Shutdown(context.Context) error { return nil }
