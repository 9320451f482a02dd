// Package limits computes the figures of docs/limits.md and docs/costs.md. Start with [Ceilings], [Bottlenecks] and
// [Month]. The inputs are the platform's limits and prices, assumed latencies, and the costs of operations that the
// tests of docs/performance.md measure.
package limits

import "time"

// Lanes is how many batches of a shard are processed concurrently, as set in infra. It is 1, so that commits of one
// stream are never processed concurrently. A shard is the part of DynamoDB Streams for one partition.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
const Lanes = 1

// Latency is the assumed duration of a request to DynamoDB from a function in the same region. DynamoDB promises
// "single-digit millisecond performance"; a transaction needs two rounds and coordination. Check your own latencies in
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

// Own is the assumed duration of a warm function without its requests to DynamoDB.
const Own = 2 * time.Millisecond

// InBatch is how many streams the projector updates concurrently: the default of projection.Config.Parallel.
const InBatch = 64

// ProjectorMemory is the projector's memory in MB, as set in infra.
const ProjectorMemory = 512

// Processor is the processor time that the projector needs for a full batch of deposits, or of orders whose address is
// set. BenchmarkProjector in functions measured it on the machine of docs/performance.md.
var Processor = map[string]time.Duration{
	"deposits": 77 * time.Millisecond,
	"orders":   211 * time.Millisecond,
}
