package publish

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// CloudEvent is the envelope of an integration event: CloudEvents 1.0 in its JSON format,
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md.
type CloudEvent struct {
	SpecVersion string `json:"specversion" enum:"1.0" doc:"The version of CloudEvents"`
	ID          string `json:"id" doc:"Unique to the event, together with source, and the same whenever it is sent again"`
	Source      string `json:"source" doc:"The deployment that the event comes from: /annals/ and the stack's name" example:"/annals/Shop-prod"`
	Type        string `json:"type" doc:"What happened, with the version of data" example:"org.annals.order.placed.v1"`
	Subject     string `json:"subject" doc:"The stream that the event is of" example:"Order#42"`
	// Time is when the event happened, as the caller said, or else when it was recorded.
	Time            time.Time `json:"time" doc:"When it happened"`
	DataContentType string    `json:"datacontenttype" enum:"application/json" doc:"The format of data"`
	// Sequence is padded so that it sorts as text:
	// https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/sequence.md.
	Sequence      string `json:"sequence" pattern:"^[0-9]{19}$" doc:"The event's version in its stream, padded with zeros: within a subject, the larger one happened later. Private events leave gaps" example:"0000000000000000004"`
	CommitID      string `json:"commitid" doc:"The decision that the event is of: all events of one decision have the same, also those of other streams"`
	CorrelationID string `json:"correlationid,omitempty" doc:"Shared by all that one request from outside caused"`
	CausationID   string `json:"causationid,omitempty" doc:"The request or the commit that directly caused this one"`
	Data          any    `json:"data" doc:"What the event says: see the schema of its type"`
}

// envelope returns the event in its envelope, as JSON. Its id is the id of the publisher's command for the event, which
// is derived from the commit, the stream and the version.
func envelope(source, typ string, e projection.Event[any], cmd es.Command, data Data) ([]byte, error) {
	text, err := json.Marshal(CloudEvent{
		SpecVersion: "1.0", ID: cmd.Ref.ID, Source: source, Type: typ, Subject: e.Stream.String(),
		Time: e.OccurredAt.UTC(), DataContentType: "application/json", Sequence: fmt.Sprintf("%019d", e.Version),
		CommitID: cmd.Meta.CausationID, CorrelationID: e.Meta.CorrelationID, CausationID: e.Meta.CausationID, Data: data,
	})
	if err != nil {
		return nil, fmt.Errorf("%s@%d as %s: %w", e.Stream, e.Version, data.Type(), err)
	}
	return text, nil
}
