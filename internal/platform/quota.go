// Package platform is what AWS allows and charges: the quotas and list prices that alarms and documents count with.
package platform

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
	// WholeProcessor is the memory, in MB, at which a function has a whole processor. With less it has as much less of
	// one.
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
