// Package telemetry measures what only the service itself knows, in CloudWatch's embedded metric format: a function writes a
// line of JSON to its standard output, and CloudWatch makes metrics of it. No request is sent, and nothing waits.
//
// A process counts while it works, and writes what it counted at the end of each invocation: one line for the function, and
// one for each projection that came forward.
package telemetry
