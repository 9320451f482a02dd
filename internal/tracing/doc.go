// Package tracing sends traces of the functions to an OpenTelemetry collector. Start with [New]; wrap the function's
// handler with [Tracing.Invocations].
//
// The environment names the collector, with OpenTelemetry's standard variables: OTEL_EXPORTER_OTLP_ENDPOINT,
// OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER and others. Without an endpoint nothing is traced, and no code of
// OpenTelemetry runs.
//
// An invocation is a span, and so is each call of the AWS SDK in it. Each function has its own traces. The attribute
// annals.correlation_ids connects them: it has the correlation ids that events and logs also have.
package tracing
