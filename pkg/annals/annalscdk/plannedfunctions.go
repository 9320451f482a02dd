package annalscdk

import "github.com/annals-es/annals/pkg/annals/annalsaws"

var (
	events      = []annalsaws.Table{annalsaws.Events}
	snapshots   = []annalsaws.Table{annalsaws.Snapshots}
	projections = []annalsaws.Table{annalsaws.Projections}
	connections = []annalsaws.Table{annalsaws.Connections}
)

// What functions do with keys of personal data. An update replaces a key by a tombstone, so only the rebuilder may
// update. No function may delete an item. IAM has no condition on the stored item: a function that puts keys could
// overwrite one.
var (
	readsKeys = []string{"dynamodb:BatchGetItem", "dynamodb:GetItem"}
	makesKeys = []string{"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"}
	// listsKeys also lists the streams of a person.
	listsKeys = []string{"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"}
	// forgetsKeys also replaces a key by a tombstone.
	forgetsKeys = []string{"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"}
)

// appends is what an append of events needs, and loading a stream.
var appends = []string{"dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}

func (p plan) command() function {
	return function{
		name:        annalsaws.Command,
		description: "Decides commands and appends their events, with the rows of inline read models",
		memory:      512,
		timeout:     25,
		grants: []grant{
			{on: events, actions: appends},
			{on: snapshots, actions: []string{"dynamodb:BatchGetItem", "dynamodb:GetItem"}},
			{on: projections, actions: []string{"dynamodb:Query"}},
			{on: p.inlineTables, actions: []string{"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"}},
			{on: p.keyTables, actions: makesKeys},
		},
		decides:  true,
		settings: p.service.Settings,
	}
}

func (p plan) query() function {
	return function{
		name:           annalsaws.Query,
		usesReadModels: true,
		description:    "Answers queries from the read tables, and the audit trail from the event table",
		memory:         512,
		timeout:        25,
		grants: []grant{
			{on: p.readTables, actions: []string{"dynamodb:GetItem", "dynamodb:Query"}, indexes: true},
			// A list over an index replaces the documents that its caller waits for by their current state, and reads
			// all of them at once.
			{on: p.listedTables, actions: []string{"dynamodb:BatchGetItem"}},
			{on: projections, actions: []string{"dynamodb:Query"}},
			{on: events, actions: []string{"dynamodb:GetItem", "dynamodb:Query"}},
			{on: p.keyTables, actions: listsKeys},
		},
		leavesTo: annalsaws.Projector,
		pages:    true,
	}
}

func (p plan) projector() function {
	return function{
		name:           annalsaws.Projector,
		usesReadModels: true,
		description:    "Maintains the read tables and the snapshots from the stream of the event table",
		memory:         512,
		timeout:        60,
		grants: []grant{
			{on: p.readTables, actions: []string{
				"dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query",
				"dynamodb:UpdateItem",
			}},
			{on: projections, actions: []string{"dynamodb:PutItem", "dynamodb:Query"}},
			// reconciliation reads all streams
			{on: events, actions: []string{"dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"}},
			{on: snapshots, actions: []string{"dynamodb:GetItem", "dynamodb:PutItem"}},
			{on: connections, actions: []string{"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:Query"}},
			{on: p.keyTables, actions: readsKeys},
		},
		leavesTo:   annalsaws.Projector,
		allStreams: true,
		subscribed: true,
		posts:      true,
		rebuilds:   true,
	}
}

// rebuilder is the only function that scans read models: the generations that it drops. If events have personal data,
// it is also the only one that forgets people: it replaces their keys by tombstones, folds their streams again, removes
// their snapshots, and appends events that say so.
func (p plan) rebuilder() function {
	f := function{
		name:           annalsaws.Rebuilder,
		usesReadModels: true,
		description:    "Runs the stages of a read model's rebuild",
		memory:         1024,
		timeout:        15 * 60,
		grants: []grant{
			{on: p.readTables, actions: []string{
				"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem",
				"dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
			}},
			{on: projections, actions: []string{"dynamodb:PutItem", "dynamodb:Query"}},
			{on: events, actions: []string{"dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"}},
			{on: p.keyTables, actions: forgetsKeys},
		},
		leavesTo: annalsaws.Projector,
		forgets:  p.personal(),
	}
	if f.forgets {
		f.description = "Runs the stages of a read model's rebuild, and the steps of forgetting a person"
		f.grants = append(f.grants,
			grant{on: events, actions: []string{"dynamodb:ConditionCheckItem", "dynamodb:PutItem"}},
			// It counts the snapshots that it removes.
			grant{on: snapshots, actions: []string{"dynamodb:GetItem", "dynamodb:PutItem"}})
	}
	return f
}

func (p plan) reactor() function {
	return function{
		name:        annalsaws.Reactor,
		description: "Runs reactions to events, publishes integration events, and reports tampering",
		memory:      512,
		timeout:     60,
		grants: []grant{
			{on: events, actions: []string{
				"dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan",
			}},
			{on: snapshots, actions: []string{"dynamodb:BatchGetItem", "dynamodb:GetItem"}},
			{on: p.reactionTables, actions: []string{
				"dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query",
				"dynamodb:UpdateItem",
			}, indexes: true}, // timers list their open deadlines
			{on: projections, actions: []string{"dynamodb:PutItem", "dynamodb:Query"}},
			{on: p.keyTables, actions: makesKeys},
		},
		leavesTo:   annalsaws.Reactor,
		streams:    p.reactingTo(),
		subscribed: true,
		publishes:  true,
		guards:     true,
		reacts:     true,
		settings:   p.service.Settings,

		startsForgetting: p.personal(),
		asksForDeadlines: p.service.HasDeadlines(),
	}
}

var socket = function{
	name:        annalsaws.Socket,
	description: "Keeps the WebSocket connections and their subscriptions",
	memory:      256,
	timeout:     25,
	grants: []grant{
		{on: connections, actions: []string{"dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}},
	},
	verifies: true,
}

// docs has no grants: anyone may call it. It has nothing that is not public in the project.
var docs = function{
	name:        annalsaws.Docs,
	description: "Serves the API's documentation: the OpenAPI document and its page",
	memory:      256,
	timeout:     25,
}
