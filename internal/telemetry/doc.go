// Package telemetry reports the service's own metrics to CloudWatch. Start with [New], and wrap the function's handler
// with [Meter.Flushed]. [Metrics] lists all metrics.
//
// Metrics are written in CloudWatch's embedded metric format: a function writes a line of JSON to its standard output,
// and CloudWatch extracts the metrics. This sends no requests and adds no latency.
//
// A process collects values in memory, and writes them at the end of each invocation: one line for the function, and
// one for each projection that was updated.
package telemetry
