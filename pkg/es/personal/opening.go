package personal

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/sealed"
)

// opening is one call of [Store.Open], with the keys that it needs.
type opening struct {
	*ring
	known  map[string]held
	failed map[string]error
}

// opening gets the keys of the subjects that commits name: from memory, and all others in one call.
func (r *ring) opening(ctx context.Context, commits []*es.Commit) *opening {
	o := &opening{ring: r, known: map[string]held{}, failed: map[string]error{}}
	missing := map[string]bool{}
	for _, c := range commits {
		for _, e := range c.Events {
			if e.Personal != nil || !sealed.In(e.Data) {
				continue
			}
			_, _ = sealed.Replace(e.Data, func(v sealed.Value) (json.RawMessage, error) { // open says what can't be read
				if h, warm := r.recall(v.Subject); warm && v.Number <= h.Number {
					o.known[v.Subject] = h
				} else {
					missing[v.Subject] = true // it left memory, or got its key since
				}
				return nil, nil
			})
		}
	}
	subjects := make([]string, 0, len(missing))
	for subject := range missing {
		subjects = append(subjects, subject)
	}
	o.load(ctx, subjects)
	return o
}

func (o *opening) load(ctx context.Context, subjects []string) {
	if len(subjects) == 0 {
		return
	}
	loaded, err := o.ring.load(ctx, subjects...)
	switch {
	case err == nil:
		for subject, h := range loaded {
			o.known[subject] = h
		}
	case len(subjects) > 1 && aboutOne(err): // which one?
		for _, subject := range subjects {
			o.load(ctx, []string{subject})
		}
	default:
		for _, subject := range subjects {
			o.failed[subject] = err
		}
	}
}

// open decrypts the values of an event at a version. If a value is at fault, decoding the event fails.
//
// Errors: those of the keys.
func (o *opening) open(at es.StreamVersion, e es.RawEvent) (es.RawEvent, error) {
	var until time.Time
	var failed, missing error // they say nothing about the event
	plain, err := sealed.Replace(e.Data, func(v sealed.Value) (json.RawMessage, error) {
		if failed = o.failed[v.Subject]; failed != nil {
			return nil, failed
		}
		plain, keep, err := o.value(at.Stream, e, v)
		if !keep.IsZero() {
			until = sooner(until, keep)
		}
		if errors.As(err, new(*MissingKeyError)) {
			missing = err
		}
		return plain, err
	})
	switch {
	case failed != nil:
		return e, failed
	case missing != nil:
		return e.Unopened(fmt.Errorf("%s: %w", at, missing)), nil //nolint:nilerr // decoding the event returns it
	case err != nil:
		corrupt := &es.CorruptError{Stream: at.Stream, Version: at.Version, Reason: "personal data of " + e.Type, Err: err}
		return e.Unopened(corrupt), nil //nolint:nilerr // decoding the event returns it
	}
	return e.Opened(plain, until), nil
}

// value decrypts a value of an event. until is when the process must forget it, zero if it was erased.
//
// Errors: [MissingKeyError]; an error that says that the value does not belong there.
func (o *opening) value(
	stream es.StreamID, e es.RawEvent, v sealed.Value,
) (plain json.RawMessage, until time.Time, err error) {
	h := o.known[v.Subject]
	if h.Number == 0 && !o.cfg.ErasedWithoutKeys {
		return nil, until, &MissingKeyError{Subject: v.Subject}
	}
	if h.aead == nil || h.Number != v.Number {
		return v.Erase(), until, nil
	}
	box, err := base64.RawURLEncoding.DecodeString(v.Box)
	if size := h.aead.NonceSize(); err == nil && len(box) > size {
		plain, err := h.aead.Open(box[size:size], box[:size], box[size:], bound(stream, e, v))
		if err == nil {
			return plain, h.until, nil
		}
	}
	return nil, until, fmt.Errorf("a value does not belong to key %d of subject %s, to this stream and to this type "+
		"of event", v.Number, v.Subject)
}

// Shown returns the payload of an event of a stream as its subject may see it: with the values about the subject
// decrypted, and those about others erased. about reports whether it has values about the subject.
//
// Errors: those of [Keys]; [MissingKeyError]; one for a value that can't be read or decrypted.
func (s *Store) Shown(
	ctx context.Context, stream es.StreamID, e es.RawEvent, subject string,
) (payload json.RawMessage, about bool, err error) {
	if !sealed.In(e.Data) {
		return e.Data, false, nil
	}
	o := &opening{ring: s.ring, known: map[string]held{}, failed: map[string]error{}}
	if h, warm := s.ring.recall(subject); warm && h.Number > 0 {
		o.known[subject] = h
	} else {
		o.load(ctx, []string{subject})
	}
	if err := o.failed[subject]; err != nil {
		return nil, false, err
	}
	payload, err = sealed.Replace(e.Data, func(v sealed.Value) (json.RawMessage, error) {
		if v.Subject != subject {
			return v.Erase(), nil
		}
		about = true
		plain, _, err := o.value(stream, e, v)
		return plain, err
	})
	return payload, about, err
}
