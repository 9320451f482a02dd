package es

import (
	"encoding/json"
	"time"
)

// RawEvent is an event as it is stored.
type RawEvent struct {
	// Type is the event's registered name, such as "MoneyDeposited".
	Type string
	// Schema is the version of the payload's shape, from 1.
	Schema int
	// Data is the payload as JSON. Personal values in it are encrypted: see [RawEvent.Payload].
	Data json.RawMessage
	// Personal is nil if nothing is known of personal data in the event. It is not stored.
	Personal *Personal `json:"-"`
}

// Meta describes a commit: why it happened, who caused it, and when.
type Meta struct {
	// CorrelationID is the same for all commits that one outside request caused, directly or through reactions.
	CorrelationID string
	// CausationID is the id of the commit or request that directly caused this one.
	CausationID string
	// Actor identifies who sent the command.
	Actor string
	// OccurredAt is when the events happened, if the caller knows better than the store. It is never after the commit's
	// At.
	OccurredAt time.Time
	// Extra holds the application's own entries.
	Extra map[string]string
}

// CommandRef identifies the command that led to a commit, so that a repeated command is recognized.
type CommandRef struct {
	// ID is unique to the command. If empty, a repeat is not recognized.
	ID string `json:"id"`
	// Fingerprint is a digest of the command's body. The same ID with another fingerprint is a [CommandReusedError].
	Fingerprint string `json:"fingerprint"`
}

// Commit holds the events that one append added to one stream. It is stored and read as a whole or not at all.
type Commit struct {
	Stream StreamID
	// Version is the version of the first event. The others follow without a gap.
	Version int64
	// ID is the same for all commits of one append, and new for each decision.
	ID string
	// At is when the store recorded the commit: UTC, in microseconds, strictly increasing within a stream.
	At      time.Time
	Events  []RawEvent
	Meta    Meta
	Command CommandRef
	// Prev is the hash of the stream's previous commit, empty for the first. Hash is this commit's own hash.
	Prev, Hash []byte
	// Siblings name the other commits of the same append, each by stream and first version.
	Siblings []StreamVersion
}

// LastVersion returns the version of the commit's last event.
func (c *Commit) LastVersion() int64 { return c.Version + int64(len(c.Events)) - 1 }

// OccurredAt returns when the events happened: Meta.OccurredAt if set, else At.
func (c *Commit) OccurredAt() time.Time {
	if c.Meta.OccurredAt.IsZero() {
		return c.At
	}
	return c.Meta.OccurredAt
}
