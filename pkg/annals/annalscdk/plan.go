package annalscdk

import (
	"slices"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// plan is what a service needs, as plain data.
type plan struct {
	service *annals.Service
	// readTables are those of all read models, inlineTables of those whose rows commands write, listedTables of
	// those that
	// queries list over an index. reactionTables hold checkpoints.
	readTables, inlineTables, listedTables, reactionTables []annalsaws.Table
	functions                                              []function
}

// function is one Lambda function of the service.
type function struct {
	name        annalsaws.Function
	description string
	// memory is in MB. No function has held more than 36 (its resident memory, after ten minutes of deposits and orders
	// on a laptop), so it is chosen for the processor that comes with it: 512 MB give 0.29 of one, on which the 17
	// to 20 ms of
	// processor time of a cold start (docs/performance.md, `make cold-start`) take 57 to 69 ms. The socket function
	// needs two thirds of that, and nobody waits for it.
	memory float64
	// timeout is in seconds. API Gateway gives up after 30; a function behind it ends before, to answer by itself.
	// Answers take
	// milliseconds; what takes seconds is four attempts of a call (pkg/annals/annalslambda/client.go), and a
	// reader that waits 10 s for
	// a version. A batch of a stream has time for streams to be read from their start.
	timeout float64
	// grants are what it may do on which tables. It is told the names of these tables and of no others.
	grants []grant
	// leavesTo is the function whose queue it sends jobs to, "" = none.
	leavesTo annalsaws.Function
	// streams are the types of the streams whose commits it receives, if allStreams is false.
	streams    []string
	allStreams bool
	// subscribed functions receive the stream of the event table, and the queue that they leave jobs to.
	subscribed bool
	// decides says that it takes all secrets of the service, reacts that it takes those of the clients.
	decides, reacts bool
	// publishes says that it sends public events to the bus, guards that it is told of commits that were changed
	// or removed.
	publishes, guards bool
	// rebuilds says that it starts the state machine that builds read models again.
	rebuilds bool
	// verifies says that it checks tokens by itself.
	verifies bool
	// pages says that it gives out cursors of lists, sealed with the stack's key.
	pages bool
	// posts says that it posts to the connections of the WebSocket API.
	posts bool
}

// planOf returns the plan of a service.
func planOf(service *annals.Service) plan {
	p := plan{
		service: service, readTables: annalsaws.ReadTables(service), inlineTables: annalsaws.InlineReadTables(service),
		listedTables: tablesOfLists(service), reactionTables: annalsaws.ReactionTables(service),
	}
	p.functions = []function{p.command(), p.query(), p.projector(), p.reactor(), p.rebuilder(), socket, docs}
	return p
}

func tablesOfLists(service *annals.Service) []annalsaws.Table {
	listed := func(m *annals.DeclaredReadModel) bool {
		return slices.ContainsFunc(service.Operations, func(o *annals.Operation) bool {
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

// derivedTables go with the stack: read models, snapshots and generations can be made again from the events;
// without the
// reactions' checkpoints the last day is reacted to again; connections are as short-lived as what they describe.
func (p plan) derivedTables() []annalsaws.Table {
	return slices.Concat(p.readTables, []annalsaws.Table{annalsaws.Snapshots, annalsaws.Projections}, p.reactionTables,
		[]annalsaws.Table{annalsaws.Connections})
}

// reactingTo are the types of the streams that the reactor receives: those with public events, and those that reactions
// read. They are sorted.
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

// those returns the functions of which a condition is true.
func (p plan) those(are func(function) bool) []function {
	return slices.DeleteFunc(slices.Clone(p.functions), func(f function) bool { return !are(f) })
}

// subscribers receive the stream of the event table. Lambda allows a stream two readers.
func (p plan) subscribers() []function { return p.those(func(f function) bool { return f.subscribed }) }

// measuring are those that have something to measure.
func (p plan) measuring() []function { return p.those(function.measures) }

// measures says that a function has something to measure, and to trace: it works on tables.
func (f function) measures() bool { return len(f.grants) > 0 }
