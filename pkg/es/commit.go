package es

import (
	"encoding/json"
	"time"
)

// RawEvent is an event as it is stored.
type RawEvent struct {
	// Type is the event's registered name: "MoneyDeposited".
	Type string
	// Schema is the version of the payload's shape, from 1.
	Schema int
	// Data is the payload, a JSON text.
	Data json.RawMessage
}

// Meta is what is known of a commit besides its events.
type Meta struct {
	// CorrelationID is shared by all that one request from outside caused.
	CorrelationID string
	// CausationID is the id of the commit or request that directly caused this one.
	CausationID string
	// Actor is who did it.
	Actor string
	// OccurredAt is when it happened, where the caller says so; never after the commit's At.
	OccurredAt time.Time
	// Extra is free for the application.
	Extra map[string]string
}

// CommandRef identifies the command that a commit answers, so that a repeat of it is recognised.
type CommandRef struct {
	// ID is unique to the command. If empty, the command is not recognised again.
	ID string `json:"id"`
	// Fingerprint is a digest of the command's body: the same id with another fingerprint is an error of the caller.
	Fingerprint string `json:"fingerprint"`
}

// Commit is the events of one append to one stream, stored and seen whole or not at all.
type Commit struct {
	Stream StreamID
	// Version is the version of the first event; the others follow without a gap.
	Version int64
	// ID is the same for all commits of one append, and new for each decision.
	ID string
	// At is when the commit was recorded, in microseconds, UTC; it strictly grows within a stream.
	At      time.Time
	Events  []RawEvent
	Meta    Meta
	Command CommandRef
	// Prev is the hash of the stream's commit before this one, empty for the first; Hash is this commit's own.
	Prev, Hash []byte
	// Siblings are the other commits of the same append, each by its first version.
	Siblings []StreamVersion
}

// LastVersion is the version of the commit's last event.
func (c *Commit) LastVersion() int64 { return c.Version + int64(len(c.Events)) - 1 }

// OccurredAt is when the events happened: as the caller said, else when they were recorded.
func (c *Commit) OccurredAt() time.Time {
	if c.Meta.OccurredAt.IsZero() {
		return c.At
	}
	return c.Meta.OccurredAt
}
