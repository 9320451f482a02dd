// Package tracing sends traces of the functions to an OpenTelemetry collector, where the environment names one, as all
// programs with OpenTelemetry read it: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER and
// others. Without an endpoint nothing is traced, and nothing of OpenTelemetry runs.
//
// An invocation is a span, and so is each call of the AWS SDK in it. What a command causes in other functions is in traces of
// their own: the attribute annals.correlation_ids has the correlation ids that events and logs have too.
package tracing
