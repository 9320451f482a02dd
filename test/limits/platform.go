// Package limits is the arithmetic of docs/limits.md: how much the service can take, from the platform's limits, from
// assumed latencies, and from what operations cost, as the tests of docs/performance.md count it.
package limits

import "time"

// What the platform allows. Quotas of an account can be raised; what belongs to a partition or a request can't.
const (
	// PartitionWrites are the write units that a partition gives in a second, and so all items of one partition key
	// together with those beside them.
	//
	// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
	PartitionWrites = 1_000
	// PartitionReads are the read units that a partition gives in a second.
	PartitionReads = 3_000
	// TableWrites is the default quota of a table that is paid by the request, in write units a second.
	//
	// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
	TableWrites = 40_000
	// FirstWrites is what such a table gives when it is new; then it takes up to twice its highest load so far.
	//
	// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
	FirstWrites = 4_000
	// Concurrency is how many invocations an account runs at once, by default.
	//
	// Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	Concurrency = 1_000
	// Requests are those that API Gateway takes in a second, by default, of an account in a region.
	//
	// Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
	Requests = 10_000
	// Lanes is how many batches of a shard are at work at once, as infra asks for: one after the other, so that a stream's
	// commits do not meet each other. A shard is the stream of one partition.
	//
	// Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
	Lanes = 1
	// WholeProcessor is the memory, in MB, at which a function has a whole processor. With less it has as much less of
	// one.
	//
	// Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
	WholeProcessor = 1_769
)

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
// set, as BenchmarkProjector of internal/app measures it on the machine of docs/performance.md.
var Processor = map[string]time.Duration{
	"deposits": 77 * time.Millisecond,
	"orders":   211 * time.Millisecond,
}
