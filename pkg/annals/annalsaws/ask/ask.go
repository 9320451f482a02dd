// Package ask says what operators' tools ask of a service's functions, and what these answer: work that needs the
// service's own code. A tool sends an [Envelope] as the payload of a synchronous invocation, and the function returns a
// [Reply]. Start with [Request]. Functions and tools both import this package, so it links neither.
package ask

import (
	"time"

	"github.com/annals-es/annals/pkg/es"
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
	// CatchUp brings a stream level with its events. A parked stream stays parked, unless other code parked it.
	// Projector, reactor: Stream, Projections.
	CatchUp Task = "catch-up"
	// Retry is CatchUp that tries a parked stream again.
	// Projector, reactor: Stream, Projections.
	Retry Task = "retry"
	// Rollback lets the generation of a read model serve again that served before the last swap.
	// Projector: Projection, Leveled. Answer: Generation.
	Rollback Task = "rollback"
	// Abandon gives up the generation of a read model that is being built.
	// Projector: Projection.
	Abandon Task = "abandon"
	// Reconcile compares the streams of one segment with the checkpoints, and brings level what is behind. It answers
	// before its time is over: ask again with the answer's Position until that is [es.End].
	// Projector, reactor: Segment, Of, Position, UnitsPerSecond, MinAge. Answer: Reconciled.
	Reconcile Task = "reconcile"
	// Republish sends the integration events of a stream again, from Version on, with the ids that they have.
	// Reactor: Stream, Version. Answer: Events.
	Republish Task = "republish"
)

// Envelope is the payload of an invocation. No event source of Lambda sends an object that begins with this member.
type Envelope struct {
	Annals *Request `json:"annals"`
}

// Request is what a tool asks for. Each [Task] says which members it takes.
type Request struct {
	Task Task `json:"task"`
	// Stream is a stream's name: "Order#o-1".
	Stream string `json:"stream,omitempty"`
	// Streams are names of streams.
	Streams []string `json:"streams,omitempty"`
	// Version is a version of the stream, from 1. If 0, none is named.
	Version int64 `json:"version,omitempty"`
	// AsOf is the instant up to which events count. If zero, none is named.
	AsOf time.Time `json:"asOf,omitzero"`
	// Projection is the name of a read model.
	Projection string `json:"projection,omitempty"`
	// Leveled is true if all segments were reconciled just now: the task then brings no stream level. Without it, a
	// rollback reads the whole event table, and may take more time than the function has.
	Leveled bool `json:"leveled,omitempty"`
	// Projections are names of read models, or of reactions. If empty, all are meant that read the stream.
	Projections []string `json:"projections,omitempty"`
	// Of is into how many segments the event table is divided, Segment which of them is meant, from 0, and Position
	// where to begin in it. If empty, it begins at the segment's start.
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

// Answer is what came of a [Request]. Each [Task] says which members it sets.
type Answer struct {
	// Error is why the task failed. If it is set, nothing else is.
	Error *Error `json:"error,omitempty"`
	// State is an aggregate's state.
	State *Past `json:"state,omitempty"`
	// Unreadable says why streams can't be read, by stream. Those that can be read are missing.
	Unreadable map[string]string `json:"unreadable,omitempty"`
	// Generation is the one that serves.
	Generation int `json:"generation,omitempty"`
	// Reconciled is what a reconciliation found.
	Reconciled *Reconciled `json:"reconciled,omitempty"`
	// Events is how many events a task went through.
	Events int `json:"events,omitempty"`
}
