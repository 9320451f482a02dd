package annalscdk

import (
	"slices"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// plan is what a service needs, as plain data.
type plan struct {
	service *annals.Service
	// readTables are the tables of all read models, inlineTables those whose rows commands write, listedTables those
	// that queries list over an index. reactionTables hold checkpoints of reactions.
	readTables, inlineTables, listedTables, reactionTables []annalsaws.Table
	// keyTables is the table of keys of personal data, or empty.
	keyTables []annalsaws.Table
	functions []function
}

// function is one Lambda function of the service.
type function struct {
	name        annalsaws.Function
	description string
	// memory is in MB. No function used more than 36 MB (resident memory, after ten minutes of deposits and orders on a
	// laptop), so the value is chosen for the processor share that comes with it: 512 MB give 0.29 of a processor, on
	// which the 17 to 20 ms of processor time of a cold start (docs/performance.md, `make cold-start`) take 57 to 69
	// ms. The socket function needs two thirds of that time, and no caller waits for it.
	memory float64
	// timeout is in seconds. API Gateway gives up after 30; a function behind it must end before that, to answer by
	// itself. Answers take milliseconds. Seconds are needed only for four attempts of a call
	// (pkg/annals/annalslambda/client.go), and for a reader that waits up to 10 s for a version. The timeout of stream
	// functions is long enough to read streams from their start.
	timeout float64
	// grants are its permissions on tables. It gets the names of these tables and of no others.
	grants []grant
	// leavesTo is the function whose queue it sends jobs to, or "".
	leavesTo annalsaws.Function
	// streams are the types of streams whose commits it receives, if allStreams is false.
	streams    []string
	allStreams bool
	// subscribed is true if it receives the event table's stream, and the queue that leavesTo names.
	subscribed bool
	// decides is true if it gets all secrets of the service, reacts if it gets those of the clients.
	decides, reacts bool
	// publishes is true if it sends public events to the bus, guards if it receives records of commits that were
	// changed or removed.
	publishes, guards bool
	// rebuilds is true if it starts the state machine that rebuilds read models, startsForgetting if it starts the one
	// that forgets people.
	rebuilds, startsForgetting bool
	// forgets is true if it does the steps of forgetting a person.
	forgets bool
	// asksForDeadlines is true if it makes schedules for deadlines.
	asksForDeadlines bool
	// settings are the settings that its code may read.
	settings []*annals.DurationSetting
	// usesReadModels is true if it reads or writes read models that are not on DynamoDB, too.
	usesReadModels bool
	// verifies is true if it checks tokens itself.
	verifies bool
	// pages is true if it issues list cursors, sealed with the stack's key.
	pages bool
	// posts is true if it sends messages to connections of the WebSocket API.
	posts bool
}

// planOf returns the plan of a service.
func planOf(service *annals.Service) plan {
	p := plan{
		service: service, readTables: annalsaws.ReadTables(service), inlineTables: annalsaws.InlineReadTables(service),
		listedTables: tablesOfLists(service), reactionTables: annalsaws.ReactionTables(service),
		keyTables: annalsaws.KeyTables(service),
	}
	p.functions = []function{p.command(), p.query(), p.projector(), p.reactor(), p.rebuilder(), socket, docs}
	return p
}

// personal reports whether events have personal data.
func (p plan) personal() bool { return len(p.keyTables) > 0 }

func tablesOfLists(service *annals.Service) []annalsaws.Table {
	listed := func(m *annals.DeclaredReadModel) bool {
		return m.Store == annals.DynamoDB && slices.ContainsFunc(service.Operations, func(o *annals.Operation) bool {
			return slices.ContainsFunc(o.Readings, func(r annals.Reading) bool { return r.Indexed && r.Projection == m.Name() })
		})
	}
	var all []annalsaws.Table
	for _, m := range service.ReadModels {
		if listed(m) {
			all = append(all, annalsaws.ReadTable(m))
		}
	}
	return all
}

// derivedTables are deleted with the stack. Read models, snapshots and generations can be rebuilt from the events.
// Without the reactions' checkpoints, reactions run again for the events of the last day. Connections are short-lived.
func (p plan) derivedTables() []annalsaws.Table {
	return slices.Concat(p.readTables, []annalsaws.Table{annalsaws.Snapshots, annalsaws.Projections}, p.reactionTables,
		[]annalsaws.Table{annalsaws.Connections})
}

// reactingTo returns the types of streams that the reactor receives, sorted: those with public events, and those that
// reactions read.
func (p plan) reactingTo() []string {
	all := annalsaws.PublishedTypes(p.service)
	for _, r := range p.service.Reactions {
		all = append(all, r.StreamTypes...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// function returns the function with a name.
func (p plan) function(name annalsaws.Function) function {
	return p.functions[slices.IndexFunc(p.functions, func(f function) bool { return f.name == name })]
}

// those returns the functions for which a condition is true.
func (p plan) those(are func(function) bool) []function {
	return slices.DeleteFunc(slices.Clone(p.functions), func(f function) bool { return !are(f) })
}

// subscribers returns the functions that receive the event table's stream. Lambda allows a stream two readers.
func (p plan) subscribers() []function { return p.those(func(f function) bool { return f.subscribed }) }

// usesKeys reports whether a function uses keys of personal data.
func (f function) usesKeys() bool {
	return slices.ContainsFunc(f.grants, func(g grant) bool {
		return slices.ContainsFunc(g.on, func(t annalsaws.Table) bool { return t.Name == annalsaws.Keys.Name })
	})
}

// measuring returns the functions that publish metrics.
func (p plan) measuring() []function { return p.those(function.measures) }

// measures reports whether a function publishes metrics and traces: it does if it uses tables.
func (f function) measures() bool { return len(f.grants) > 0 }
