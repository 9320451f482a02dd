package annalsaws

import "github.com/annals-es/annals/pkg/annals/publish"

// The environment variables that the stack sets for the functions, besides those of tables (see [Table.Env]) and of
// secrets (see [annals.Secret]). [Variables] describes each. The AWS SDK and OpenTelemetry have variables of their own.
const (
	// CatchUpQueueEnv holds the URL of the queue of the projector's jobs.
	CatchUpQueueEnv = "CATCH_UP_QUEUE_URL"
	// ReactionQueueEnv holds the URL of the queue of the reactor's jobs.
	ReactionQueueEnv = "REACTION_QUEUE_URL"
	// ProjectorFailuresEnv and ReactorFailuresEnv hold the address of the bucket of the records and batches that a
	// function could not process: https://{bucket}.s3.{region}.{suffix}.
	ProjectorFailuresEnv = "PROJECTOR_FAILURES_URL"
	ReactorFailuresEnv   = "REACTOR_FAILURES_URL"
	// RebuildMachineEnv holds the ARN of the state machine that rebuilds read models.
	RebuildMachineEnv = "REBUILD_MACHINE_ARN"
	// ForgetMachineEnv holds the ARN of the state machine that forgets people. Only services with personal data have
	// it, ForgetWaitEnv and RecoveryDaysEnv.
	ForgetMachineEnv = "FORGET_MACHINE_ARN"
	// ForgetWaitEnv holds how long functions may still use a person's key after it was deleted, in whole seconds.
	ForgetWaitEnv = "FORGET_WAIT_SECONDS"
	// RecoveryDaysEnv holds for how many days the tables can be recovered in which a forgotten person can be found.
	RecoveryDaysEnv = "PERSONAL_RECOVERY_DAYS"
	// DeadlineGroupEnv holds the name of the group of EventBridge Scheduler for the deadlines of timers,
	// DeadlineRoleEnv the ARN of the role that sends them when they are due, DeadlineQueueEnv the ARN of the queue of
	// the reactor's jobs. Only services with timers have them: see [annals.Deadlines].
	DeadlineGroupEnv = "DEADLINE_GROUP"
	DeadlineRoleEnv  = "DEADLINE_ROLE_ARN"
	DeadlineQueueEnv = "DEADLINE_QUEUE_ARN"
	// ConnectionsURLEnv holds the address to which messages for WebSocket connections are posted:
	// https://{api}.execute-api.{region}.{suffix}/{stage}.
	ConnectionsURLEnv = "CONNECTIONS_URL"
	// CursorKeyEnv holds the key that seals the cursors of lists. It has at least 32 bytes.
	CursorKeyEnv = "CURSOR_KEY"
	// EventBusEnv holds the ARN of the bus of integration events. EventSourceEnv holds the source of these events.
	EventBusEnv    = publish.BusEnv
	EventSourceEnv = publish.SourceEnv
	// StoresEnv lists the stores of read models besides DynamoDB, separated by commas. See [annals.Service.On].
	StoresEnv = "ANNALS_STORES"
	// SQLURLEnv holds the address of a PostgreSQL, with user name and password. SQLEndpointEnv holds the host of a
	// cluster of Aurora DSQL, to which the function's role connects. One of them is set if SQL is among the stores.
	SQLURLEnv      = "ANNALS_SQL_URL"
	SQLEndpointEnv = "ANNALS_SQL_ENDPOINT"
	// SearchURLEnv holds the address of an OpenSearch. SearchEndpointEnv holds the host of a collection of OpenSearch
	// Serverless, or of a domain, to which the function's role connects. One of them is set if Search is among the
	// stores.
	SearchURLEnv      = "ANNALS_SEARCH_URL"
	SearchEndpointEnv = "ANNALS_SEARCH_ENDPOINT"
	// CacheURLEnv holds the address of a Valkey or Redis: redis://host:port/database, or rediss:// for TLS. It is set
	// if Cache is among the stores.
	CacheURLEnv = "ANNALS_CACHE_URL"
	// MetricsNamespaceEnv holds the namespace of the metrics in CloudWatch.
	MetricsNamespaceEnv = "METRICS_NAMESPACE"
	// TokenIssuerEnv holds the issuer of callers' tokens, a URL. TokenAudienceEnv holds the accepted audiences of
	// tokens: client ids, separated by commas.
	TokenIssuerEnv   = "TOKEN_ISSUER"
	TokenAudienceEnv = "TOKEN_AUDIENCE"
)

// UnreadablePrefix is the prefix of the keys of stream records that a function set aside in its bucket of failures,
// because it can't read them. All other objects of the bucket are batches that Lambda gave up.
const UnreadablePrefix = "unreadable/"

// RecurringTask is the task of the reactor's jobs that do recurring work, see [RecurringJob].
const RecurringTask = "recurring"

// RecurringJob is the message with which EventBridge Scheduler asks for recurring work.
type RecurringJob struct {
	// Task is RecurringTask.
	Task string `json:"task"`
	// Name is the name of the work. Scheduled is the time of the schedule: in the schedule's input it is
	// [ScheduledTime], which Scheduler replaces.
	Name      string `json:"name"`
	Scheduled string `json:"scheduled"`
}

// ScheduledTime is what EventBridge Scheduler replaces by the time of a schedule, in the format of RFC 3339.
const ScheduledTime = "<aws.scheduler.scheduled-time>"

// Variable is an environment variable of functions.
type Variable struct {
	// Name is its name. Holds describes its value in words.
	Name, Holds string
	// Functions are the functions that read it. Required is true if they do not start without it. Otherwise they
	// start and lack what the variable is for.
	Functions []Function
	Required  bool
}

// Function is the name of one of the functions that every service has.
type Function string

// The functions. Their folders, and their mains in package annalslambda, have the same names.
const (
	Command   Function = "command"
	Query     Function = "query"
	Projector Function = "projector"
	Reactor   Function = "reactor"
	Rebuilder Function = "rebuilder"
	Socket    Function = "socket"
	Docs      Function = "docs"
)

// Functions are all functions.
var Functions = []Function{Command, Query, Projector, Reactor, Rebuilder, Socket, Docs}

// Variables are the environment variables that the stack sets, besides those of tables and secrets. Functions read
// them; operators' tools do not.
var Variables = []Variable{
	{CatchUpQueueEnv, "URL of the queue of the projector's jobs", []Function{Query, Projector, Rebuilder}, false},
	{ReactionQueueEnv, "URL of the queue of the reactor's jobs", []Function{Reactor}, false},
	{
		ProjectorFailuresEnv,
		"address of the bucket of what the projector could not process: batches that Lambda gave up, and records that were " +
			"set aside",
		[]Function{Projector}, false,
	},
	{ReactorFailuresEnv, "address of the bucket of what the reactor could not process", []Function{Reactor}, false},
	{RebuildMachineEnv, "ARN of the state machine that rebuilds read models", []Function{Projector}, false},
	{ForgetMachineEnv, "ARN of the state machine that forgets people", []Function{Reactor}, false},
	{
		ForgetWaitEnv, "how long after a person's key was deleted functions may still use it, in whole seconds",
		[]Function{Command, Query, Projector, Reactor, Rebuilder}, false,
	},
	{
		RecoveryDaysEnv, "for how many days tables can be recovered in which a forgotten person can be found",
		[]Function{Rebuilder}, false,
	},
	{DeadlineGroupEnv, "name of the group of EventBridge Scheduler for deadlines", []Function{Reactor}, false},
	{DeadlineRoleEnv, "ARN of the role that sends deadlines when they are due", []Function{Reactor}, false},
	{DeadlineQueueEnv, "ARN of the queue of the reactor's jobs", []Function{Reactor}, false},
	{ConnectionsURLEnv, "address to which messages for WebSocket connections are posted", []Function{Projector}, false},
	{CursorKeyEnv, "key that seals cursors", []Function{Query}, true},
	{EventBusEnv, "ARN of the bus of integration events", []Function{Reactor}, false},
	{EventSourceEnv, "source of the integration events", []Function{Reactor}, false},
	{
		StoresEnv, "stores of read models besides DynamoDB, separated by commas",
		[]Function{Query, Projector, Rebuilder, Docs}, false,
	},
	{SQLURLEnv, "address of a PostgreSQL, if `sql` is among these stores", []Function{Query, Projector, Rebuilder}, false},
	{
		SQLEndpointEnv, "host of a cluster of Aurora DSQL, if `sql` is among these stores", []Function{Query, Projector, Rebuilder},
		false,
	},
	{SearchURLEnv, "address of an OpenSearch, if `search` is among these stores", []Function{Query, Projector, Rebuilder}, false},
	{
		SearchEndpointEnv, "host of a collection of OpenSearch Serverless, if `search` is among these stores",
		[]Function{Query, Projector, Rebuilder}, false,
	},
	{CacheURLEnv, "address of a Valkey or Redis, if `cache` is among these stores", []Function{Query, Projector, Rebuilder}, false},
	{
		MetricsNamespaceEnv, "CloudWatch namespace of the metrics",
		[]Function{Command, Query, Projector, Reactor, Rebuilder, Socket}, false,
	},
	{TokenIssuerEnv, "issuer of callers' tokens", []Function{Socket}, true},
	{TokenAudienceEnv, "accepted audiences of these tokens, separated by commas", []Function{Socket}, true},
}
