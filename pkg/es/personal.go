package es

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es/internal/sealed"
)

// The struct tags: see package personal.
const (
	personalTag = "personal"
	erasedTag   = "erased"
	ofOwner     = "owner"
	ofField     = "subject="
)

// PersonalValue is a value of a payload that must be encrypted before it is stored.
type PersonalValue struct {
	// Subject is whom the value is about.
	Subject string
	// From and To are the value's place in the payload, in bytes.
	From, To int
	// Erased is what the value becomes without the subject's key, as JSON. If nil, it is null.
	Erased json.RawMessage
	// Blank means that the value says nothing about the subject: it is the erased value, as decoded, or the zero value. It
	// may be stored as it is after the subject was forgotten.
	Blank bool
}

// Personal is what a program knows of an event's personal data. It exists in memory alone.
type Personal struct {
	plain  json.RawMessage // the payload with its personal values
	until  time.Time       // when this process must forget it, zero if it holds nothing that can be forgotten
	values []PersonalValue // those that are not encrypted yet
	owner  []int           // the indexes of values whose subject is the stream's owner
	err    error           // why its values could not be decrypted
}

// Equal reports whether two events have the same payload.
func (p *Personal) Equal(q *Personal) bool {
	if p == nil || q == nil {
		return p == q
	}
	return bytes.Equal(p.plain, q.plain) && (p.err == nil) == (q.err == nil)
}

// Unsealed returns the values of the event's payload that must be encrypted before it is stored, in the order of their
// places, which do not overlap.
func (e RawEvent) Unsealed() []PersonalValue {
	if e.Personal == nil {
		return nil
	}
	return e.Personal.values
}

// Sealed returns the event with a payload in which all personal values are encrypted. Decoding uses the payload from
// before. until is when this process must forget that payload: see [RawEvent.Opened].
func (e RawEvent) Sealed(data json.RawMessage, until time.Time) RawEvent {
	return RawEvent{Type: e.Type, Schema: e.Schema, Data: data, Personal: &Personal{plain: e.Data, until: until}}
}

// Opened returns the event with the payload that decoding uses: the stored one, with its encrypted values decrypted.
// until is when this process must forget that payload, because a key that was read so long ago may be deleted: no state
// that was folded from the event stays in memory for longer, or is stored later. Zero means that nothing was decrypted.
func (e RawEvent) Opened(plain json.RawMessage, until time.Time) RawEvent {
	e.Personal = &Personal{plain: plain, until: until}
	return e
}

// Unopened returns the event whose decoding fails with an error, because its personal values could not be decrypted.
func (e RawEvent) Unopened(err error) RawEvent {
	e.Personal = &Personal{err: err}
	return e
}

// Decrypted reports whether a store with keys has decrypted personal data in the commit.
func (c *Commit) Decrypted() bool { return !c.keepUntil(time.Time{}).IsZero() }

// keepUntil returns when a state must be forgotten that was to be kept until an instant, and is now folded with a
// commit. The zero time is never.
func (c *Commit) keepUntil(until time.Time) time.Time {
	for i := range c.Events {
		if p := c.Events[i].Personal; p != nil && !p.until.IsZero() && (until.IsZero() || p.until.Before(until)) {
			until = p.until
		}
	}
	return until
}

// overdue reports whether what must be forgotten at an instant has to be forgotten by now. It compares the wall clock,
// because a process that Lambda has frozen sees no other time pass.
func overdue(until time.Time) bool { return !until.IsZero() && !time.Now().Round(0).Before(until) }

// Payload returns the payload to show to people: with the personal values if a store with keys read the event and has
// their keys, else with their erased values. Store Data.
//
// Errors: why a store with keys could not decrypt the values; one for a sealed value that can't be read.
func (e RawEvent) Payload() (json.RawMessage, error) {
	switch {
	case e.Personal != nil:
		return e.Personal.plain, e.Personal.err
	case sealed.In(e.Data):
		return sealed.Erase(e.Data)
	}
	return e.Data, nil
}

// SealedError means that an event has encrypted values, and the program that decodes it has no keys: its store is not
// one of package personal. [Registry.Erasing] decodes such events to erased values.
type SealedError struct {
	Stream  StreamID
	Version int64
	Type    string
}

func (e *SealedError) Error() string {
	return fmt.Sprintf("%s@%d: %s has encrypted personal data, and the store has no keys: wrap it with personal.NewStore",
		e.Stream, e.Version, e.Type)
}

// payload is the payload that decoding uses, of an event at a version.
func (r *Registry[E]) payload(at StreamVersion, e RawEvent) (json.RawMessage, error) {
	switch {
	case r.erasing:
		e.Personal = nil
	case e.Personal == nil && sealed.In(e.Data):
		return nil, &SealedError{Stream: at.Stream, Version: at.Version, Type: e.Type}
	}
	data, err := e.Payload()
	if err != nil && (e.Personal == nil || e.Personal.err == nil) {
		err = &CorruptError{Stream: at.Stream, Version: at.Version, Reason: "payload of " + e.Type, Err: err}
	}
	return data, err
}

// HasPersonal reports whether events of the registry have personal data.
func (r *Registry[E]) HasPersonal() bool {
	for _, t := range r.byName {
		if t.marks != nil {
			return true
		}
	}
	return false
}

// Plain returns the personal values that the i-th stored event of a commit has in the clear, because it was stored before
// their fields were marked. Values about the stream's owner have no Subject. The places are those in what [Registry.Again]
// returns.
//
// Errors: those of [Registry.Again].
func (r *Registry[E]) Plain(c *Commit, i int) ([]PersonalValue, error) {
	if !r.HasPersonal() {
		return nil, nil
	}
	stored := *c
	stored.Events = slices.Clone(c.Events)
	e := &stored.Events[i]
	var err error
	if e.Personal = nil; sealed.In(e.Data) {
		if e.Data, err = sealed.Erase(e.Data); err != nil {
			return nil, err
		}
	}
	again, err := r.Again(&stored, i)
	var all []PersonalValue
	for _, raw := range again {
		for _, value := range raw.Unsealed() {
			if !value.Blank {
				all = append(all, value)
			}
		}
	}
	return all, err
}

// Again returns the events that the i-th stored event of a commit stands for, encoded as they would be today, with the
// personal values that would be encrypted.
//
// Errors: those of [Registry.Decode] and [Registry.Encode].
func (r *Registry[E]) Again(c *Commit, i int) (all []RawEvent, err error) {
	err = r.Decode(c, i, func(event E) error {
		raw, err := r.Encode(event)
		all = append(all, raw)
		return err
	})
	return all, err
}

// Erasing returns a registry that decodes all personal values to their erased values, also in commits that a store with
// keys read, and also values that were stored before their fields were marked. Use it for what leaves the service, and
// where there are no keys.
func (r *Registry[E]) Erasing() *Registry[E] {
	erasing := *r
	erasing.erasing = true
	return &erasing
}

// mark finds the personal values of an encoded event.
func (r *Registry[E]) mark(raw RawEvent, marks *marks) (RawEvent, error) {
	if sealed.In(raw.Data) {
		return raw, fmt.Errorf("encode event %s: the payload has an object that begins with the name %q, which stands for "+
			"encrypted values: choose another name", raw.Type, sealed.Name)
	}
	if marks == nil {
		return raw, nil
	}
	p := Personal{plain: raw.Data}
	s := scanner{data: raw.Data, found: &p}
	s.value(marks)
	if s.err != nil {
		return raw, fmt.Errorf("encode event %s: %w", raw.Type, s.err)
	}
	if len(p.values) > 0 {
		raw.Personal = &p
	}
	return raw, nil
}

// ofOwner reports whether the event has values whose subject is the stream's owner, and still to be set.
func (e RawEvent) ofOwner() bool { return e.Personal != nil && len(e.Personal.owner) > 0 }

// OwnedBy sets the subject of the values that are the stream owner's. A [Repository] does so; a program that appends
// encoded events itself must, before it appends them.
//
// Errors: one if there are such values and owner is "".
func (e RawEvent) OwnedBy(owner string) (RawEvent, error) {
	if !e.ofOwner() {
		return e, nil
	}
	if owner == "" {
		return e, fmt.Errorf("event %s has personal data of the stream's owner, and the stream has none: set Meta.Actor "+
			"in its first command, or Aggregate.Owner", e.Type)
	}
	p := Personal{plain: e.Personal.plain, values: slices.Clone(e.Personal.values)}
	for _, i := range e.Personal.owner {
		p.values[i].Subject = owner
	}
	e.Personal = &p
	return e, nil
}
