// Package limits is the arithmetic of docs/limits.md: how much the service can take, from the platform's limits, from
// assumed latencies, and from what operations cost, as the tests of docs/performance.md count it.
package limits

import "time"

// Lanes is how many batches of a shard are at work at once, as infra asks for: one after the other, so that a stream's
// commits do not meet each other. A shard is the stream of one partition.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
const Lanes = 1

// Latency is what a request to DynamoDB is assumed to take, from a function in the same region. DynamoDB promises
// "single-digit millisecond performance"; a transaction is two rounds and coordination. Measure your own, in
// CloudWatch: SuccessfulRequestLatency.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Introduction.html
var Latency = map[string]time.Duration{
	"GetItem":            4 * time.Millisecond,
	"BatchGetItem":       8 * time.Millisecond,
	"Query":              5 * time.Millisecond,
	"PutItem":            5 * time.Millisecond,
	"TransactWriteItems": 15 * time.Millisecond,
}

// Own is what a warm function is assumed to take beside its requests to DynamoDB.
const Own = 2 * time.Millisecond

// InBatch is how many streams the projector brings forward at once: the default of projection.Config.Parallel.
const InBatch = 64

// ProjectorMemory is what the projector has, in MB, as infra says.
const ProjectorMemory = 512

// Processor is the processor time that the projector takes for a full batch of deposits, or of orders whose address is
// set, as BenchmarkProjector of functions measures it on the machine of docs/performance.md.
var Processor = map[string]time.Duration{
	"deposits": 77 * time.Millisecond,
	"orders":   211 * time.Millisecond,
}
