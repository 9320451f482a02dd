package httpapi

import (
	"fmt"
	"strconv"

	"github.com/annals-es/annals/pkg/es"
)

// Result is what a command did to one aggregate.
type Result[S any] struct {
	ID      string `json:"id"`
	Version int64  `json:"version" doc:"The aggregate's version after the command"`
	State   S      `json:"state" doc:"The aggregate after the command"`
	// Events are those that the command stored.
	Events []StoredEvent `json:"events" doc:"The events that the command stored"`
}

// StoredEvent names an event that a command stored.
type StoredEvent struct {
	Type    string `json:"type" example:"MoneyDeposited"`
	Version int64  `json:"version"`
}

// Moved is what the answer of every command on one aggregate says in headers.
type Moved struct {
	ETag  string `header:"ETag" doc:"The aggregate's version, for If-Match"`
	Token string `header:"Consistency-Token" doc:"Stream and version, for queries that are to see what the command did"`
}

// Answer is what a command that changes an aggregate answers with.
type Answer[S any] struct {
	Moved
	Body Result[S]
}

// created is what a command that creates an aggregate answers with.
type created[S any] struct {
	Location string `header:"Location" doc:"The path of what was created"`
	Moved
	Body Result[S]
}

func moved[S any](r es.Result[S]) Moved {
	return Moved{ETag: strconv.Quote(strconv.FormatInt(r.Version, 10)), Token: TokenOf(r.Stream, r.Version)}
}

// NewResult is what a command did, as the API shows it.
func NewResult[S any](r es.Result[S]) Result[S] {
	out := Result[S]{ID: r.Stream.ID, Version: r.Version, State: r.State, Events: make([]StoredEvent, len(r.Events))}
	for i, e := range r.Events {
		out.Events[i] = StoredEvent(e)
	}
	return out
}

// TokenOf is the Consistency-Token of a version of a stream.
func TokenOf(stream es.StreamID, version int64) string { return fmt.Sprintf("%s@%d", stream, version) }
