package searchview

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// Save implements [projection.View]: one request, however many streams it has. If this process does not know a
// stream's document, because another one has written it, one more. Each stream is saved by itself: after an error,
// some streams may have been saved.
//
// The condition of a write is the sequence number that the document had when it equaled Prev. OpenSearch's external
// versions would be no condition: they let a process write that has not seen what another one wrote before.
//
// https://docs.opensearch.org/latest/api-reference/document-apis/bulk/
func (v *View) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	if err := errors.Join(context.Cause(ctx), v.holds(moves, rows)); err != nil {
		return err
	}
	if err := limits.Check(moves, rows); err != nil {
		return err
	}
	changes := make([]change, len(moves))
	for i, m := range moves {
		changes[i] = change{CheckpointUpdate: m}
	}
	return v.write(ctx, g, changes)
}

// Park implements [projection.View].
func (v *View) Park(
	ctx context.Context, g projection.Generation, stream es.StreamID, prev projection.Checkpoint, p projection.Parked,
) error {
	why, err := viewkit.ReasonText(p)
	if err != nil {
		return err
	}
	update := projection.CheckpointUpdate{Stream: stream, Prev: prev, Next: prev.Raised(prev.Version + 1)}
	c := change{CheckpointUpdate: update, parked: why}
	if prev.Parked != nil { // it may have been seen
		found, err := v.read(ctx, g, stream)
		if err != nil {
			return err
		}
		c.seen = found[stream].Annals.Rest.Seen
	}
	return v.write(ctx, g, []change{c})
}

// Seen implements [projection.View].
func (v *View) Seen(ctx context.Context, g projection.Generation, stream es.StreamID, version int64) error {
	for range attempts {
		all, err := v.read(ctx, g, stream)
		if err != nil {
			return err
		}
		found, there := all[stream]
		switch d := found.Annals; {
		case !there || !d.IsParked:
			return projection.ErrStale
		case d.Rest.Seen >= version:
			return nil
		}
		found.Annals.Rest.Seen = version
		answers, err := v.bulk(ctx, g, []action{{stream, found.stored, false, found.document}})
		if err != nil || answers[0].Status != http.StatusConflict {
			return cmp.Or(err, answers[0].fault())
		}
	}
	return projection.ErrStale // each time another process has written it
}

// change is an update of a checkpoint, with the reason if it parks the stream.
type change struct {
	projection.CheckpointUpdate
	parked string
	seen   int64
}

// attempts is how often a write is tried whose document another process writes at the same time.
const attempts = 5

// write makes changes, each by itself.
//
// Errors: [projection.ErrStale], [projection.ErrRefused], [projection.ErrLost], [projection.ErrContended].
func (v *View) write(ctx context.Context, g projection.Generation, changes []change) error {
	for attempt := range attempts {
		actions, err := v.actions(ctx, g, changes, attempt > 0)
		if err != nil {
			return err
		}
		answers, err := v.bulk(ctx, g, actions)
		if err != nil {
			return err
		}
		var errs []error
		var again []change
		for i, a := range answers {
			c, at := changes[i], place{g, changes[i].Stream}
			if a.Status == http.StatusConflict {
				v.stored.Remove(at)
				again = append(again, c)
				continue
			}
			if err := a.fault(); err != nil {
				v.stored.Remove(at)
				errs = append(errs, fmt.Errorf("document of %s: %w", c.Stream, err))
				continue
			}
			v.stored.Add(at, storedAs(c.Next, c.parked != "", a.SeqNo, a.PrimaryTerm))
		}
		if len(again) == 0 {
			return errors.Join(errs...)
		}
		if len(errs) > 0 {
			return errors.Join(append(errs, projection.ErrStale)...)
		}
		changes = again
	}
	return projection.ErrContended
}

// actions are the writes of changes, with their conditions. What this process knows of a document may be out of date:
// then the condition fails. With fresh, the documents are read first.
//
// Errors: [projection.ErrStale] if a stored checkpoint does not equal its Prev; those of reading.
func (v *View) actions(ctx context.Context, g projection.Generation, changes []change, fresh bool) ([]action, error) {
	actions := make([]action, len(changes))
	var unknown []es.StreamID
	for i, c := range changes {
		actions[i] = action{stream: c.Stream, document: documentOf(c.Stream, c.Next, c.parked, c.seen)}
		at, known := v.stored.Get(place{g, c.Stream})
		switch {
		case !fresh && isFirst(c.Prev):
			actions[i].creates = true
		case !fresh && known && at.equals(c.Prev):
			actions[i].after = at
		default:
			unknown = append(unknown, c.Stream)
		}
	}
	if len(unknown) == 0 {
		return actions, nil
	}
	found, err := v.read(ctx, g, unknown...)
	if err != nil {
		return nil, err
	}
	for i, c := range changes {
		a := &actions[i]
		if a.creates || a.after != (stored{}) {
			continue
		}
		at, there := found[c.Stream]
		a.creates, a.after = isFirst(c.Prev), at.stored
		if there == a.creates || there && !at.equals(c.Prev) {
			return nil, projection.ErrStale
		}
	}
	return actions, nil
}

// action writes a document: it creates the document, or replaces it if nobody has written it after it was stored so.
type action struct {
	stream   es.StreamID
	after    stored
	creates  bool
	document document
}

// answer is what the server says of an action.
type answer struct {
	Status      int   `json:"status"`
	SeqNo       int64 `json:"_seq_no"`
	PrimaryTerm int64 `json:"_primary_term"`
	Error       struct {
		Type, Reason string
	} `json:"error"`
}

// bulk sends actions in one request, and returns an answer for each.
//
// Errors: [projection.ErrLost]; [es.ErrUnavailable].
func (v *View) bulk(ctx context.Context, g projection.Generation, actions []action) ([]answer, error) {
	type target struct {
		ID          string `json:"_id"`
		SeqNo       *int64 `json:"if_seq_no,omitempty"`
		PrimaryTerm *int64 `json:"if_primary_term,omitempty"`
	}
	var body bytes.Buffer
	for _, a := range actions {
		what, to := "index", target{idOf(a.stream), &a.after.seqNo, &a.after.primaryTerm}
		if a.creates {
			what, to = "create", target{ID: idOf(a.stream)}
		}
		body.Write(marshal(map[string]target{what: to}))
		body.Write(marshal(a.document))
	}
	var out struct {
		Items []map[string]answer `json:"items"`
	}
	err := v.call(ctx, http.MethodPost, v.writes(g)+"/_bulk"+v.only(), body.Bytes(), &out)
	if err == nil && len(out.Items) != len(actions) {
		err = fmt.Errorf("OpenSearch answered %d of %d writes", len(out.Items), len(actions))
	}
	if err != nil {
		return nil, v.fault(ctx, g, err)
	}
	answers := make([]answer, len(actions))
	for i, item := range out.Items {
		for _, answers[i] = range item { // one
		}
		if answers[i].Error.Type == noIndex {
			return nil, v.fault(ctx, g, &failure{status: answers[i].Status, kind: noIndex})
		}
	}
	return answers, nil
}

// failedField is the field in the reason for a refusal.
var failedField = regexp.MustCompile(`field \[([A-Za-z0-9_.-]{1,200})\]`)

// fault is the error of an action that is no conflict. The server's reason is left out, because it cites the value.
func (a *answer) fault() error {
	switch {
	case a.Status < http.StatusMultipleChoices:
		return nil
	case a.Status == http.StatusBadRequest:
		where := "a field"
		if found := failedField.FindStringSubmatch(a.Error.Reason); found != nil {
			where = "field " + found[1]
		}
		return fmt.Errorf("%w: a value does not fit %s of the index (%s)", projection.ErrRefused, where, a.Error.Type)
	}
	return fmt.Errorf("%w: %w", es.ErrUnavailable, &failure{status: a.Status, kind: a.Error.Type})
}
