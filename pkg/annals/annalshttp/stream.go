package annalshttp

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/internal/payload"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Event is an event as it is stored, with what its commit says of it.
type Event struct {
	Version    int64      `json:"version"`
	Type       string     `json:"type" example:"MoneyDeposited"`
	Schema     int        `json:"schema" doc:"The version of the shape of data"`
	At         time.Time  `json:"at" doc:"When it was recorded"`
	OccurredAt *time.Time `json:"occurredAt,omitempty" doc:"When it happened, where the caller said so"`
	Data       JSON       `json:"data,omitzero" doc:"The event itself, as its type and schema have it"`
	// DataBytes is how large a payload is that no answer can hold, since it is too large or is not JSON: of a commit
	// from before appends looked at that.
	DataBytes int `json:"dataBytes,omitempty" doc:"Where data is absent: no answer can hold it, which has so many bytes"`
	// CommitID is shared by the events of one append.
	CommitID string        `json:"commitId" doc:"Shared by all events that were stored together"`
	Metadata EventMetadata `json:"metadata"`
}

// EventMetadata is what is known of an event besides itself.
type EventMetadata struct {
	CorrelationID string            `json:"correlationId,omitempty"`
	CausationID   string            `json:"causationId,omitempty" doc:"What directly caused it"`
	Actor         string            `json:"actor,omitempty" doc:"Who did it"`
	CommandID     string            `json:"commandId,omitempty" doc:"The command, where it had an Idempotency-Key"`
	Extra         map[string]string `json:"extra,omitempty"`
}

// JSON is a JSON text that is shown as it is.
type JSON struct{ json.RawMessage }

// Schema implements [huma.SchemaProvider].
func (JSON) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// trail answers the query for every event of a stream: the audit trail.
func (e *edge) trail(ctx context.Context, o *annals.Operation, in *input, told *trailing) (*answer, error) {
	stream := es.StreamID{Type: told.Type, ID: in.id}
	if !e.public(stream) {
		return nil, &es.NotFoundError{Stream: stream}
	}
	if err := e.reach(ctx, stream); err != nil {
		return nil, err
	}
	purpose, err := e.purposeOf(ctx, o, in)
	if err != nil {
		return nil, err
	}
	cursor, err := opened(purpose, told.Cursor)
	if err != nil {
		return nil, err
	}
	from, err := versionFrom(cursor)
	if err != nil {
		return nil, err
	}
	page, err := readTrail(ctx, e.events, stream, from, told.Limit)
	if err != nil {
		return nil, err
	}
	if len(page.Items) == 0 {
		return nil, &es.NotFoundError{Stream: stream}
	}
	sealed(purpose, &page)
	out := result{consistency: strong, body: page}
	return out.answer(), nil
}

// readTrail reads up to limit events of a stream from a version, as many as an answer holds.
func readTrail(
	ctx context.Context, events es.Reader, stream es.StreamID, from int64, limit int,
) (annals.Page[Event], error) {
	page, size := annals.Page[Event]{Items: []Event{}}, 0
	for c, err := range events.Read(ctx, stream, es.Range{From: from}) {
		if err != nil {
			return page, err
		}
		for i := range c.Events {
			if c.Version+int64(i) < from {
				continue
			}
			e, takes := newEvent(&c, i).sized()
			size += takes
			if n := len(page.Items); n == limit || n > 0 && size > payload.PageBytes {
				page.Next = strconv.FormatInt(e.Version, 10)
				return page, nil
			}
			page.Items = append(page.Items, e)
		}
	}
	return page, nil
}

// sized returns the event, without its data if no answer can hold that, and how many bytes it takes as Lambda sends it.
func (e Event) sized() (Event, int) {
	if data := e.Data.RawMessage; payload.Size(data) > payload.PageBytes || !json.Valid(data) {
		e.DataBytes, e.Data = len(data), JSON{}
	}
	return e, payload.JSONSize(e)
}

func newEvent(c *es.Commit, i int) Event {
	e := Event{
		Version: c.Version + int64(i), Type: c.Events[i].Type, Schema: c.Events[i].Schema, At: c.At,
		Data: JSON{c.Events[i].Data}, CommitID: c.ID,
		Metadata: EventMetadata{
			CorrelationID: c.Meta.CorrelationID, CausationID: c.Meta.CausationID, Actor: c.Meta.Actor,
			CommandID: c.Command.ID, Extra: c.Meta.Extra,
		},
	}
	if at := c.Meta.OccurredAt; !at.IsZero() {
		e.OccurredAt = &at
	}
	return e
}

// versionFrom reads where a page of a stream begins, 1 from none.
func versionFrom(cursor string) (int64, error) {
	if cursor == "" {
		return 1, nil
	}
	version, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || version < 1 {
		return 0, projection.ErrCursor
	}
	return version, nil
}
