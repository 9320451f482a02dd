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

// Event is a stored event with the metadata of its commit, as the audit trail shows it.
type Event struct {
	Version    int64      `json:"version"`
	Type       string     `json:"type" example:"MoneyDeposited"`
	Schema     int        `json:"schema" doc:"The schema version of data"`
	At         time.Time  `json:"at" doc:"When it was recorded"`
	OccurredAt *time.Time `json:"occurredAt,omitempty" doc:"When it happened, if the caller sent Occurred-At"`
	Data       JSON       `json:"data,omitzero" doc:"The payload, in the form that type and schema define"`
	// DataBytes is set instead of Data if the payload is too large for an answer or is not JSON. Appends refuse such
	// payloads, but old commits may have them.
	DataBytes int `json:"dataBytes,omitempty" doc:"If data is absent: the size of the payload, which does not fit into an answer"`
	// CommitID is shared by the events of one append.
	CommitID string        `json:"commitId" doc:"Shared by all events that were stored together"`
	Metadata EventMetadata `json:"metadata"`
}

// EventMetadata says who and what caused an event.
type EventMetadata struct {
	CorrelationID string            `json:"correlationId,omitempty"`
	CausationID   string            `json:"causationId,omitempty" doc:"The id of the commit that directly caused it, if a reaction stored it"`
	Actor         string            `json:"actor,omitempty" doc:"Who caused it: the subject of the token, or reactor/ and the name of a reaction"`
	CommandID     string            `json:"commandId,omitempty" doc:"The id of the command, if it had an Idempotency-Key"`
	Extra         map[string]string `json:"extra,omitempty"`
}

// JSON is a JSON text that is written to answers unchanged.
type JSON struct{ json.RawMessage }

// Schema implements [huma.SchemaProvider].
func (JSON) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// trail answers the query for the events of a stream: the audit trail.
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

// readTrail reads events of a stream from a version on: at most limit, and no more than fit into an answer.
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
			shown, err := newEvent(&c, i)
			if err != nil {
				return page, err
			}
			e, takes := shown.sized()
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

// sized returns the event and the bytes that it takes in an answer of Lambda. Data that does not fit into an answer is
// replaced by its size.
func (e Event) sized() (Event, int) {
	if data := e.Data.RawMessage; payload.Size(data) > payload.PageBytes || !json.Valid(data) {
		e.DataBytes, e.Data = len(data), JSON{}
	}
	return e, payload.JSONSize(e)
}

// newEvent returns the i-th event of a commit, with the personal data that the store decrypted.
func newEvent(c *es.Commit, i int) (Event, error) {
	data, err := c.Events[i].Payload()
	if err != nil {
		return Event{}, &es.CorruptError{
			Stream: c.Stream, Version: c.Version + int64(i), Reason: "payload of " + c.Events[i].Type, Err: err,
		}
	}
	e := Event{
		Version: c.Version + int64(i), Type: c.Events[i].Type, Schema: c.Events[i].Schema, At: c.At,
		Data: JSON{data}, CommitID: c.ID,
		Metadata: EventMetadata{
			CorrelationID: c.Meta.CorrelationID, CausationID: c.Meta.CausationID, Actor: c.Meta.Actor,
			CommandID: c.Command.ID, Extra: c.Meta.Extra,
		},
	}
	if at := c.Meta.OccurredAt; !at.IsZero() {
		e.OccurredAt = &at
	}
	return e, nil
}

// versionFrom returns the version at which a page begins: that of the cursor, or 1 without a cursor.
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
