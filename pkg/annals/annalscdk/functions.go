package annalscdk

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/shop/email"
)

// function is one Lambda function of the service.
type function struct {
	name        string
	description string
	// memory is in MB. No function has held more than 36 (its resident memory, after ten minutes of deposits and orders
	// on a laptop), so it is chosen for the processor that comes with it: 512 MB give 0.29 of one, on which the 17 to 20 ms of
	// processor time of a cold start (docs/performance.md, `make cold-start`) take 57 to 69 ms. The socket function
	// needs two thirds of that, and nobody waits for it.
	memory float64
	// timeout is in seconds. API Gateway gives up after 30; a function behind it ends before, to answer by itself. Answers take
	// milliseconds; what takes seconds is four attempts of a call (pkg/annals/annalslambda/client.go), and a reader that waits 10 s for
	// a version. A batch of a stream has time for streams to be read from their start.
	timeout float64
	// grants are what it may do on which tables. It is told the names of these tables and of no others.
	grants []grant
	// env is what else it is told.
	env map[string]*string
	// leavesTo is the function whose queue it sends jobs to, "" = none.
	leavesTo string
	// streams are the types of the streams whose commits it receives, nil = all.
	streams []string
	// subscribed functions receive the stream of the event table, and the queue that they leave jobs to.
	subscribed bool
	// publishes says that it sends integration events to the bus, guards that it is told of commits that were changed or removed.
	publishes, guards bool
	// rebuilds says that it starts the state machine that builds read models anew.
	rebuilds bool
	// verifies says that it checks tokens by itself.
	verifies bool
	// pages says that it gives out cursors of lists, sealed with the stack's key.
	pages bool
	// posts says that it posts to the connections of the WebSocket API.
	posts bool
}

var command = function{
	name:        string(annalsaws.Command),
	description: "Decides commands and appends their events, with the rows of inline read models",
	memory:      512,
	timeout:     25,
	grants: []grant{
		{on: events, actions: []string{"dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}},
		{on: snapshots, actions: []string{"dynamodb:BatchGetItem", "dynamodb:GetItem"}},
		{on: projections, actions: []string{"dynamodb:Query"}},
		{on: inlineTables, actions: []string{"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"}}, // with prices
	},
	// Addresses are reserved under an HMAC. The stack's id is unique, known to few, and lives as long as the stack's events.
	env: map[string]*string{email.KeyEnv: awscdk.Aws_STACK_ID()},
}

var query = function{
	name:        string(annalsaws.Query),
	description: "Answers queries from the read tables, and the audit trail from the event table",
	memory:      512,
	timeout:     25,
	grants: []grant{
		{on: readTables, actions: []string{"dynamodb:GetItem", "dynamodb:Query"}, indexes: true},
		// A list over an index shows the documents that its caller awaits as they are, all of them read at once.
		{on: listedTables, actions: []string{"dynamodb:BatchGetItem"}},
		{on: projections, actions: []string{"dynamodb:Query"}},
		{on: events, actions: []string{"dynamodb:GetItem", "dynamodb:Query"}},
	},
	leavesTo: "projector",
	pages:    true,
}

var projector = function{
	name:        "projector",
	description: "Maintains the read tables and the snapshots from the stream of the event table",
	memory:      512,
	timeout:     60,
	grants: []grant{
		{on: readTables, actions: []string{
			"dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
		}},
		{on: projections, actions: []string{"dynamodb:PutItem", "dynamodb:Query"}},
		{on: events, actions: []string{"dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"}}, // it reconciles all of them
		{on: snapshots, actions: []string{"dynamodb:GetItem", "dynamodb:PutItem"}},
		{on: connections, actions: []string{"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:Query"}},
	},
	leavesTo:   "projector",
	subscribed: true,
	posts:      true,
	rebuilds:   true,
}

// rebuilder alone scans read models: what it drops.
var rebuilder = function{
	name:        "rebuilder",
	description: "Takes the rebuild of a read model from one stage to the next",
	memory:      1024,
	timeout:     15 * 60,
	grants: []grant{
		{on: readTables, actions: []string{
			"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem",
			"dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
		}},
		{on: projections, actions: []string{"dynamodb:PutItem", "dynamodb:Query"}},
		{on: events, actions: []string{"dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"}},
	},
	leavesTo: "projector",
}

var reactor = function{
	name:        "reactor",
	description: "Answers events with commands, publishes them, and tells of tampering",
	memory:      512,
	timeout:     60,
	grants: []grant{
		{on: events, actions: []string{
			"dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan",
		}},
		{on: snapshots, actions: []string{"dynamodb:BatchGetItem", "dynamodb:GetItem"}},
		{on: reactions, actions: []string{
			"dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
		}},
		{on: projections, actions: []string{"dynamodb:PutItem", "dynamodb:Query"}},
	},
	leavesTo:   "reactor",
	streams:    annalsaws.PublishedTypes(service), // reactions read orders, which are among them
	subscribed: true,
	publishes:  true,
	guards:     true,
}

var socket = function{
	name:        "socket",
	description: "Keeps who is connected over WebSocket, and what each wants to be told of",
	memory:      256,
	timeout:     25,
	grants: []grant{
		{on: connections, actions: []string{"dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}},
	},
	verifies: true,
}

// docs has no grants: everybody may ask it. (It holds nothing that is not in the project.)
var docs = function{
	name:        string(annalsaws.Docs),
	description: "Says what the API is: the OpenAPI document and its page",
	memory:      256,
	timeout:     25,
}

var (
	functions   = []function{command, query, projector, reactor, rebuilder, socket, docs}
	measuring   = slices.DeleteFunc(slices.Clone(functions), func(f function) bool { return !f.measures() })
	subscribers = []function{projector, reactor} // Lambda allows a stream two readers
	readers     = []function{query, projector}
	writers     = []function{command, reactor}
)

// measures says that a function has something to measure, and to trace: it works on tables.
func (f function) measures() bool { return len(f.grants) > 0 }

// newFunctions declares every function with its role and its log group, and returns them by name.
func newFunctions(stack awscdk.Stack, conf config, made resources) map[string]awslambda.Function {
	deployed := map[string]awslambda.Function{}
	for _, f := range functions {
		logs := newLogGroup(stack, f)
		role := newRole(stack, f, made, logs)
		deployed[f.name] = named(awslambda.NewFunction(stack, jsii.String(pascal(f.name)+"Function"), &awslambda.FunctionProps{
			Description:  jsii.String(f.description),
			Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
			Architecture: architecture(conf.arch),
			Handler:      jsii.String("bootstrap"),
			Code:         awslambda.Code_FromAsset(jsii.String(conf.codeDir(f)), nil),
			MemorySize:   jsii.Number(f.memory),
			Timeout:      awscdk.Duration_Seconds(jsii.Number(f.timeout)),
			LogGroup:     logs,
			// One JSON object a line: what the function logs through lambdacontext.NewLogger, and what Lambda reports.
			LoggingFormat:         awslambda.LoggingFormat_JSON,
			ApplicationLogLevelV2: awslambda.ApplicationLogLevel_INFO,
			Environment:           environment(stack, f, conf, made),
			Role:                  role,

			ReservedConcurrentExecutions: conf.reserved(f),
		}))
		tag(deployed[f.name], f.name)
	}
	readersFirst(deployed)
	return deployed
}

// readersFirst has CloudFormation update the functions that write events after those that only read them: a new event is
// known to whoever reads it before it is written.
func readersFirst(deployed map[string]awslambda.Function) {
	for _, writer := range writers {
		for _, reader := range readers {
			deployed[writer.name].Node().DefaultChild().(awslambda.CfnFunction).AddResourceDependency(
				deployed[reader.name].Node().DefaultChild().(awslambda.CfnFunction), nil)
		}
	}
}

func newLogGroup(stack awscdk.Stack, f function) awslogs.LogGroup {
	return named(awslogs.NewLogGroup(stack, jsii.String(pascal(f.name)+"Logs"), &awslogs.LogGroupProps{
		Retention:     awslogs.RetentionDays_ONE_MONTH,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	}))
}

// environment tells a function the name of each table that it may use, where it leaves jobs, publishes and posts to.
func environment(stack awscdk.Stack, f function, conf config, made resources) *map[string]*string {
	env := maps.Clone(f.env)
	if env == nil {
		env = map[string]*string{}
	}
	for _, g := range f.grants {
		for _, table := range g.on {
			env[table.Env()] = made.tables[table.Name].TableName()
		}
	}
	if f.leavesTo != "" {
		env[jobQueues[f.leavesTo].env] = made.queues[f.leavesTo].jobs.QueueUrl()
	}
	if f.subscribed {
		env[failuresEnv[f.name]] = awscdk.Fn_Join(jsii.String(""), jsii.PtrSlice("https://", *made.failures[f.name].BucketRegionalDomainName()))
	}
	if f.publishes {
		maps.Copy(env, publisherEnvironment(conf, made))
	}
	if f.rebuilds {
		env[annalsaws.RebuildMachineEnv] = rebuildMachineARN(stack)
	}
	if f.verifies {
		env[annalsaws.TokenIssuerEnv], env[annalsaws.TokenAudienceEnv] = made.who.issuer, awscdk.Fn_Join(jsii.String(","), &made.who.audience)
	}
	if f.pages {
		env[annalsaws.CursorKeyEnv] = made.cursorKey
	}
	if f.posts {
		env[annalsaws.ConnectionsURLEnv] = made.stage.CallbackUrl()
	}
	if f.measures() {
		maps.Copy(env, made.telemetry)
	}
	if _, keyed := env[email.KeyEnv]; keyed && made.emailKey != "" {
		env[email.KeyEnv] = jsii.String(made.emailKey)
	}
	return &env
}

// reserved is how many invocations at once a function has for itself, and has at most. nil = its share of the account's.
func (c config) reserved(f function) *float64 {
	n, chosen := c.concurrency[f.name]
	if !chosen {
		return nil
	}
	return jsii.Number(n)
}

func architecture(arch string) awslambda.Architecture {
	if arch == "amd64" {
		return awslambda.Architecture_X86_64()
	}
	return awslambda.Architecture_ARM_64()
}
