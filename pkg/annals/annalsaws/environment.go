package annalsaws

import "github.com/annals-es/annals/pkg/annals/publish"

// The environment variables that the stack sets for the functions, besides the tables' (see [Table.Env]) and the
// secrets' (see [annals.Secret]). [Variables] says of each what it is. The AWS SDK and OpenTelemetry have variables of
// their own.
const (
	// CatchUpQueueEnv holds the URL of the queue of the projector's jobs.
	CatchUpQueueEnv = "CATCH_UP_QUEUE_URL"
	// ReactionQueueEnv holds the URL of the queue of the reactor's jobs.
	ReactionQueueEnv = "REACTION_QUEUE_URL"
	// ProjectorFailuresEnv and ReactorFailuresEnv hold the address of a function's bucket of what it could not process:
	// https://{bucket}.s3.{region}.{suffix}.
	ProjectorFailuresEnv = "PROJECTOR_FAILURES_URL"
	ReactorFailuresEnv   = "REACTOR_FAILURES_URL"
	// RebuildMachineEnv holds the ARN of the state machine that rebuilds read models.
	RebuildMachineEnv = "REBUILD_MACHINE_ARN"
	// ConnectionsURLEnv holds the address that messages for WebSocket connections are posted to:
	// https://{api}.execute-api.{region}.{suffix}/{stage}.
	ConnectionsURLEnv = "CONNECTIONS_URL"
	// CursorKeyEnv holds the key that seals the cursors of lists, 32 bytes at least.
	CursorKeyEnv = "CURSOR_KEY"
	// EventBusEnv holds the ARN of the bus of integration events, EventSourceEnv their source.
	EventBusEnv    = publish.BusEnv
	EventSourceEnv = publish.SourceEnv
	// MetricsNamespaceEnv holds the namespace of the metrics in CloudWatch.
	MetricsNamespaceEnv = "METRICS_NAMESPACE"
	// TokenIssuerEnv holds the issuer of callers' tokens, a URL. TokenAudienceEnv holds the clients that tokens must be
	// for, separated by commas.
	TokenIssuerEnv   = "TOKEN_ISSUER"
	TokenAudienceEnv = "TOKEN_AUDIENCE"
)

// UnreadablePrefix begins the keys of the stream records that a function set aside in its bucket of failures, because
// it can't read them. All other objects of the bucket are batches that Lambda gave up.
const UnreadablePrefix = "unreadable/"

// Variable is an environment variable of some functions.
type Variable struct {
	// Name is its name, Holds what its value is, in words.
	Name, Holds string
	// Functions have it: those without it work, and do not do what it is for. Required is true if they do not start
	// without it.
	Functions []Function
	Required  bool
}

// Function is one of the functions that every service has.
type Function string

// The functions. Their names are those of their folders, and of their constructors in package annalslambda.
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
		"address of the bucket of what the projector could not process: batches that the stream gave up, and records set " +
			"aside",
		[]Function{Projector}, false,
	},
	{ReactorFailuresEnv, "address of the bucket of what the reactor could not process", []Function{Reactor}, false},
	{RebuildMachineEnv, "ARN of the state machine that builds read models anew", []Function{Projector}, false},
	{ConnectionsURLEnv, "address that posts to WebSocket connections", []Function{Projector}, false},
	{CursorKeyEnv, "key that seals cursors", []Function{Query}, true},
	{EventBusEnv, "ARN of the bus of integration events", []Function{Reactor}, false},
	{EventSourceEnv, "their source", []Function{Reactor}, false},
	{
		MetricsNamespaceEnv, "CloudWatch namespace of the metrics",
		[]Function{Command, Query, Projector, Reactor, Rebuilder, Socket}, false,
	},
	{TokenIssuerEnv, "issuer of callers' tokens", []Function{Socket}, true},
	{TokenAudienceEnv, "for whom these must be", []Function{Socket}, true},
}
