package subjects

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal"
)

// Document is what is stored about a subject, as a document for that person.
type Document struct {
	Subject string `json:"subject"`
	// At is when the document was made.
	At     time.Time `json:"at" doc:"When this was read"`
	Report Report    `json:"report"`
	// Streams are the streams that hold marked data about the subject.
	Streams []Stream `json:"streams" doc:"The streams that hold marked data about the subject"`
}

// Stream is a stream that holds data about a subject.
type Stream struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	// Events are all events if the stream belongs to the subject, else those that hold a value about the subject.
	Events []Exported `json:"events" doc:"All events if the stream belongs to the subject, else those with data about the subject"`
}

// Exported is an event about a subject.
type Exported struct {
	Version    int64      `json:"version"`
	Type       string     `json:"type"`
	Schema     int        `json:"schema"`
	At         time.Time  `json:"at" doc:"When it was recorded"`
	OccurredAt *time.Time `json:"occurredAt,omitempty" doc:"When it happened, if that is known"`
	// Data is the payload: values about the subject are decrypted, those about other people erased.
	Data json.RawMessage `json:"data" doc:"The payload. Marked values about other people are erased"`
}

// Exporter reads what is stored about subjects.
type Exporter struct {
	Events *personal.Store
	// Owners returns the people to whom a stream belongs, by its first commit: they see all of its events. Values that are
	// marked as the owner's are about the last of them that is not "". If nil, a stream belongs to nobody.
	Owners func(first *es.Commit) ([]string, error)
	// Again returns the events that a stored event stands for, encoded as they would be today: see [es.Registry.Again]. It
	// finds values that were stored before their fields were marked. If nil, such values are shown to everybody.
	Again func(c *es.Commit, i int) ([]es.RawEvent, error)
}

// StreamNames are the streams that may hold data about a subject, sorted.
//
// Errors: those of [personal.Keys].
func StreamNames(ctx context.Context, keys personal.Keys, subject string) ([]es.StreamID, error) {
	var all []es.StreamID
	for stream, err := range keys.Streams(ctx, subject) {
		if err != nil {
			return nil, fmt.Errorf("streams of subject %s: %w", subject, err)
		}
		all = append(all, stream)
	}
	slices.SortFunc(all, func(a, b es.StreamID) int { return strings.Compare(a.String(), b.String()) })
	return all, nil
}

// Streams yields what each stream holds about a subject, in the order of their names. Streams without such events are
// left out: a stream is noted before it has one.
//
// Errors: those of the stores and of Owners; those of [personal.Store.Shown]. It ends after an error.
func (x *Exporter) Streams(ctx context.Context, subject string) iter.Seq2[Stream, error] {
	return func(yield func(Stream, error) bool) {
		names, err := StreamNames(ctx, x.Events.Keys(), subject)
		if err != nil {
			yield(Stream{}, err)
			return
		}
		for _, name := range names {
			out, err := x.Stream(ctx, name, subject)
			if err == nil && len(out.Events) == 0 {
				continue
			}
			if !yield(out, err) || err != nil {
				return
			}
		}
	}
}

// Stream returns what a stream holds about a subject.
//
// Errors: those of Streams.
func (x *Exporter) Stream(ctx context.Context, stream es.StreamID, subject string) (Stream, error) {
	out := Stream{Type: stream.Type, ID: stream.ID, Events: []Exported{}}
	var owners []string
	for c, err := range x.Events.Read(ctx, stream, es.Range{}) {
		if err == nil && c.Version == 1 && x.Owners != nil {
			owners, err = x.Owners(&c)
		}
		if err != nil {
			return out, err
		}
		for i := range c.Events {
			shown, about, err := x.shown(ctx, &c, i, subject, owners)
			if err != nil {
				return out, fmt.Errorf("%s@%d: %w", stream, c.Version+int64(i), err)
			}
			if about || slices.Contains(owners, subject) {
				out.Events = append(out.Events, shown...)
			}
		}
	}
	return out, nil
}

// shown returns a stored event as the subject may see it: as several, if it stands for several. about reports whether it
// has values about the subject.
func (x *Exporter) shown(
	ctx context.Context, c *es.Commit, i int, subject string, owners []string,
) (all []Exported, about bool, err error) {
	e := c.Events[i]
	one := Exported{Version: c.Version + int64(i), Type: e.Type, Schema: e.Schema, At: c.At}
	if at := c.Meta.OccurredAt; !at.IsZero() {
		one.OccurredAt = &at
	}
	if one.Data, about, err = x.Events.Shown(ctx, c.Stream, e, subject); err != nil || about || x.Again == nil ||
		e.Personal != nil {
		return []Exported{one}, about, err
	}
	again, err := x.Again(c, i)
	plain := false
	for _, raw := range again {
		shown := one
		shown.Type, shown.Schema, shown.Data = raw.Type, raw.Schema, withoutOthers(raw, owner(owners), func(of string) bool {
			plain, about = true, about || of == subject
			return of == subject
		})
		all = append(all, shown)
	}
	if !plain || err != nil {
		return []Exported{one}, false, err
	}
	return all, about, nil
}

// owner is whom values are about that are marked as the owner's.
func owner(owners []string) (last string) {
	for _, of := range owners {
		last = cmp.Or(of, last)
	}
	return last
}

// withoutOthers returns the payload of an event that is not encrypted, with the erased values of people whom show does
// not name.
func withoutOthers(e es.RawEvent, owner string, show func(of string) bool) json.RawMessage {
	var out []byte
	from := 0
	for _, value := range e.Unsealed() {
		if value.Blank || show(cmp.Or(value.Subject, owner)) {
			continue
		}
		erased := value.Erased
		if erased == nil {
			erased = json.RawMessage("null")
		}
		out = append(append(out, e.Data[from:value.From]...), erased...)
		from = value.To
	}
	return append(out, e.Data[from:]...)
}

// ReportOf returns the report on a subject. For one that nobody asked to forget, or that got a new key since, Streams is
// how many streams may hold data about it.
//
// Errors: [es.NotFoundError] if nothing about the subject is stored; those of the stores.
func ReportOf(ctx context.Context, events es.Store, keys personal.Keys, subject string) (Report, error) {
	if personal.Check(subject) != nil { // nothing can be stored about a person with this id
		return Report{}, &es.NotFoundError{Stream: Aggregate.Stream(subject)}
	}
	past, err := es.FoldTo(ctx, events, Aggregate, subject, es.Point{}, time.Now())
	if err != nil && !notFound(err) {
		return Report{}, err
	}
	renewed := false
	if past.State.Status == Forgotten {
		if renewed, err = hasKey(ctx, keys, subject); err != nil {
			return Report{}, err
		}
	}
	if past.Version > 0 && !renewed {
		return past.State.Report, nil
	}
	names, err := StreamNames(ctx, keys, subject)
	if err != nil {
		return Report{}, err
	}
	if len(names) == 0 {
		return Report{}, &es.NotFoundError{Stream: Aggregate.Stream(subject)}
	}
	return Report{Status: Known, Streams: len(names), Published: []Published{}}, nil
}

// hasKey reports whether a subject has a key.
func hasKey(ctx context.Context, keys personal.Keys, subject string) (bool, error) {
	found, err := keys.Load(ctx, subject)
	return found[subject].Number > 0 && !found[subject].Forgotten, err
}

func notFound(err error) bool {
	_, is := errors.AsType[*es.NotFoundError](err)
	return is
}
