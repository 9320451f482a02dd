// Package ask has the requests of operators' tools to a service's functions, and their answers: tasks that need the
// service's own code. Start with [Request]. A tool sends an [Envelope] as the payload of a synchronous invocation, and
// the function returns a [Reply]. Functions and tools both import this package, so it links neither.
package ask

import (
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal/subjects"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Task is what a tool asks for. The comment of each task names the function that does it, the members of [Request] that
// it takes, and the members of [Answer] that it sets.
type Task string

const (
	// State folds a stream's events into its aggregate's state, up to Version or AsOf. Without both, it folds all.
	// Query: Stream, Version, AsOf. Answer: State.
	State Task = "state"
	// Readable decodes what a read model stores of streams. It writes nothing.
	// Query: Projection, Streams. Answer: Unreadable.
	Readable Task = "readable"
	// CatchUp applies the events of a stream that are not applied yet. A parked stream stays parked, unless other code
	// parked it.
	// Projector, reactor: Stream, Projections.
	CatchUp Task = "catch-up"
	// Retry is like CatchUp, and also retries the stream if it is parked.
	// Projector, reactor: Stream, Projections.
	Retry Task = "retry"
	// Checkpoints reads how far a generation of a projection has come with streams. A tool that can't read the
	// projection's store sends it. It writes nothing.
	// Projector, reactor: Projection, Generation, Streams. Answer: Checkpoints.
	Checkpoints Task = "checkpoints"
	// Parked lists the streams that are parked in a generation of a projection, in the order of their names. It writes
	// nothing. While the answer has More, send it again with the last of the Parked as Stream.
	// Projector, reactor: Projection, Generation, Stream. Answer: Parked, More.
	Parked Task = "parked"
	// Rollback lets the generation of a read model that served before the last rebuild serve again.
	// Projector: Projection, Leveled. Answer: Generation.
	Rollback Task = "rollback"
	// Abandon abandons the generation of a read model that is being built.
	// Projector: Projection.
	Abandon Task = "abandon"
	// Reconcile compares the streams of one segment with the checkpoints, and catches up those that are behind. It answers
	// before its time is over: send it again with the answer's Position until that is [es.End].
	// Projector, reactor: Segment, Of, Position, UnitsPerSecond, MinAge, Projections. Answer: Reconciled.
	Reconcile Task = "reconcile"
	// Republish sends the integration events of a stream again, from Version on, with their old ids. It answers before its
	// time is over: send it again with the answer's Next as Version until that is 0.
	// Reactor: Stream, Version. Answer: Events, Next.
	Republish Task = "republish"
	// Subject says how far a person is forgotten, and which streams have data about the person.
	// While the answer has More, send it again with the last of the Streams as Stream.
	// Query: Subject, Stream. Answer: Report, Streams, More.
	Subject Task = "subject"
	// Export returns what a stream holds about a person, decrypted. Send it again with the answer's Next as Version until
	// that is 0.
	// Query: Subject, Stream, Version. Answer: Exported, Next.
	Export Task = "export"
	// Forget asks to forget a person, as POST /subjects/{id}/forget does.
	// Rebuilder: Subject, Actor. Answer: Report.
	Forget Task = "forget"
	// Plain finds events that have personal data in the clear, because they were stored before their fields were marked. It
	// answers before its time is over: send it again with the answer's Position until that is [es.End].
	// Rebuilder: Of, Segment, Position. Answer: Plain, Unread, FirstUnread, Position.
	Plain Task = "plain"
	// RunDeadline executes the command of an open deadline at once.
	// Reactor: Projection (the timer), Stream, Deadline (its name).
	RunDeadline Task = "run-deadline"
	// CancelDeadline cancels an open deadline.
	// Reactor: Projection (the timer), Stream, Deadline (its name).
	CancelDeadline Task = "cancel-deadline"
	// AskDeadlines asks again for the open deadlines of a timer that did not fail, for example after a restore.
	// Reactor: Projection (the timer). Answer: Deadlines.
	AskDeadlines Task = "ask-deadlines"
)

// Envelope is the payload of an invocation. No event source of Lambda sends an object that begins with this member.
type Envelope struct {
	Annals *Request `json:"annals"`
}

// Request is what a tool asks for. Each [Task] says which members it takes.
type Request struct {
	Task Task `json:"task"`
	// Table is the event table that the tool works on. A function of another one refuses the task. If empty, none is
	// named.
	Table string `json:"table,omitempty"`
	// Stream is a stream's name: "Order#o-1".
	Stream string `json:"stream,omitempty"`
	// Streams are names of streams.
	Streams []string `json:"streams,omitempty"`
	// Subject is the id of a person.
	Subject string `json:"subject,omitempty"`
	// Actor is who asks, for the audit trail.
	Actor string `json:"actor,omitempty"`
	// Version is a version of the stream, from 1. If 0, none is named.
	Version int64 `json:"version,omitempty"`
	// AsOf is the time up to which events count. If zero, none is named.
	AsOf time.Time `json:"asOf,omitzero"`
	// Projection is the name of a read model, or of a timer. Generation is one of its generations.
	Projection string                `json:"projection,omitempty"`
	Generation projection.Generation `json:"generation,omitempty"`
	// Deadline is the name of a deadline.
	Deadline string `json:"deadline,omitempty"`
	// Leveled is true if all segments were just reconciled: a rollback then catches up no streams. Without it, a rollback
	// reads the whole event table, which may take longer than the function's timeout.
	Leveled bool `json:"leveled,omitempty"`
	// Projections are names of read models, or of reactions. If empty, they are all, or all that read the stream.
	Projections []string `json:"projections,omitempty"`
	// Of is the number of segments of the event table. Segment is one of them, from 0. Position is where to begin in it,
	// the segment's start if it is "".
	Of       int         `json:"of,omitempty"`
	Segment  int         `json:"segment,omitempty"`
	Position es.Position `json:"position,omitempty"`
	// UnitsPerSecond is the most read units a second. If 0, there is no limit.
	UnitsPerSecond float64 `json:"unitsPerSecond,omitempty"`
	// MinAge is the least age of a stream's last commit, in seconds. Streams with a younger one are skipped.
	MinAge float64 `json:"minAge,omitempty"`
}

// Reply is what a function returns to an [Envelope].
type Reply struct {
	Annals *Answer `json:"annals"`
}

// Answer is the result of a [Request]. Each [Task] says which members it sets.
type Answer struct {
	// Error is why the task failed. If it is set, nothing else is.
	Error *Error `json:"error,omitempty"`
	// State is an aggregate's state.
	State *Past `json:"state,omitempty"`
	// Unreadable says why streams can't be read, by stream. Those that can be read are missing.
	Unreadable map[string]string `json:"unreadable,omitempty"`
	// Report says how far a person is forgotten. Streams are the names of streams with data about the person.
	Report  *subjects.Report `json:"report,omitempty"`
	Streams []string         `json:"streams,omitempty"`
	// Checkpoints are those of the Streams, by stream. Streams that the projection does not read are missing.
	Checkpoints map[string]Checkpoint `json:"checkpoints,omitempty"`
	// Parked are parked streams.
	Parked []projection.ParkedStream `json:"parked,omitempty"`
	// More is true if there are more Streams, or more that are Parked.
	More bool `json:"more,omitempty"`
	// Exported is what a stream holds about a person.
	Exported *subjects.Stream `json:"exported,omitempty"`
	// Plain are the types of events with personal data in the clear. Unread is how many events can't be read, FirstUnread
	// names one of them. Position is where to go on.
	Plain       []PlainEvents `json:"plain,omitempty"`
	Unread      int           `json:"unread,omitempty"`
	FirstUnread string        `json:"firstUnread,omitempty"`
	Position    es.Position   `json:"position,omitempty"`
	// Generation is the serving generation.
	Generation int `json:"generation,omitempty"`
	// Reconciled is what a reconciliation found.
	Reconciled *Reconciled `json:"reconciled,omitempty"`
	// Events is how many events a task read.
	Events int `json:"events,omitempty"`
	// Deadlines is how many deadlines were asked for.
	Deadlines int `json:"deadlines,omitempty"`
	// Next is the version to go on with, 0 at the stream's end.
	Next int64 `json:"next,omitempty"`
}
