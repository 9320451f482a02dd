// Package platform has the quotas and list prices of AWS that alarms and documents calculate with.
package platform

// Quotas. AWS raises those of an account on request; those of a partition are fixed.
const (
	// PartitionWrites is the number of write units a second of one partition. All items of a partition key share it
	// with the other keys of the partition.
	//
	// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
	PartitionWrites = 1_000
	// PartitionReads is the number of read units a second of one partition.
	PartitionReads = 3_000
	// TableWrites is the default quota of an on-demand table, in write units a second.
	//
	// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
	TableWrites = 40_000
	// FirstWrites is the throughput of a new on-demand table, in write units a second. Later it is twice the highest
	// load so far.
	//
	// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
	FirstWrites = 4_000
	// Concurrency is the default number of concurrent invocations of an account.
	//
	// Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	Concurrency = 1_000
	// Requests is the default number of requests a second that API Gateway accepts for an account in a region.
	//
	// Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
	Requests = 10_000
	// WholeProcessor is the memory, in MB, at which a function gets one whole vCPU. With less memory it gets a
	// proportional share.
	//
	// Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
	WholeProcessor = 1_769
	// EnvironmentBytes is how large the environment of a function is at most, names and values.
	//
	// Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	EnvironmentBytes = 4_096
	// Routes is how many routes an HTTP API has at most.
	//
	// Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
	Routes = 300
	// RolePolicyCharacters is how long all inline policies of a role are together at most, without white space.
	//
	// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
	RolePolicyCharacters = 10_240
)
