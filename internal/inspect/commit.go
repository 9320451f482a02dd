package inspect

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Commit is a stored commit, for people.
type Commit struct {
	Stream string `json:"stream"`
	// Version is the version of the first event, LastVersion that of the last.
	Version     int64  `json:"version"`
	LastVersion int64  `json:"lastVersion"`
	CommitID    string `json:"commitId"`
	// At is when it was recorded. OccurredAt is when it happened, if the caller recorded that.
	At         time.Time  `json:"at"`
	OccurredAt *time.Time `json:"occurredAt,omitempty"`
	Events     []Event    `json:"events"`
	Metadata   Metadata   `json:"metadata"`
	// Hash is the commit's hash, in hexadecimal.
	Hash string `json:"hash"`
	// Siblings are the other commits that were stored with it, each as Type#id@version.
	Siblings []string `json:"siblings,omitempty"`
}

// Event is one event of a commit.
type Event struct {
	Version int64           `json:"version"`
	Type    string          `json:"type"`
	Schema  int             `json:"schema"`
	Data    json.RawMessage `json:"data"`
}

// Metadata is the metadata of a commit.
type Metadata struct {
	CorrelationID string            `json:"correlationId,omitempty"`
	CausationID   string            `json:"causationId,omitempty"`
	Actor         string            `json:"actor,omitempty"`
	CommandID     string            `json:"commandId,omitempty"`
	Extra         map[string]string `json:"extra,omitempty"`
}

// NewCommit returns a commit for people. If an event's data is not JSON, it becomes a JSON string. The service itself
// writes only JSON.
func NewCommit(c *es.Commit) Commit {
	out := Commit{
		Stream: c.Stream.String(), Version: c.Version, LastVersion: c.LastVersion(), CommitID: c.ID, At: c.At,
		Metadata: Metadata{
			CorrelationID: c.Meta.CorrelationID, CausationID: c.Meta.CausationID, Actor: c.Meta.Actor,
			CommandID: c.Command.ID, Extra: c.Meta.Extra,
		},
		Hash: hex.EncodeToString(c.Hash), Events: make([]Event, len(c.Events)),
	}
	if at := c.Meta.OccurredAt; !at.IsZero() {
		out.OccurredAt = &at
	}
	for i, e := range c.Events {
		data := e.Data
		if !json.Valid(data) {
			data, _ = json.Marshal(string(data)) // never fails for a string
		}
		out.Events[i] = Event{Version: c.Version + int64(i), Type: e.Type, Schema: e.Schema, Data: data}
	}
	for _, s := range c.Siblings {
		out.Siblings = append(out.Siblings, s.String())
	}
	return out
}

// Events yields the commits of a stream with events of the versions from..to, in order. Each commit has only those
// events. 0 is no bound.
//
// Errors: [es.NotFoundError] if the stream has no events; those of [es.Reader].
func (i *Inspector) Events(ctx context.Context, stream es.StreamID, from, to int64) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		any := false
		for c, err := range i.store.Read(ctx, stream, es.Range{From: from, To: to}) {
			if err != nil {
				yield(Commit{}, err)
				return
			}
			any = true
			out := NewCommit(&c)
			out.Events = slices.DeleteFunc(out.Events, func(e Event) bool {
				return e.Version < from || to > 0 && e.Version > to
			})
			if !yield(out, nil) {
				return
			}
		}
		if any {
			return
		}
		head, err := i.store.Head(ctx, stream)
		if err == nil && head.Version() == 0 {
			err = &es.NotFoundError{Stream: stream}
		}
		if err != nil {
			yield(Commit{}, err)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
