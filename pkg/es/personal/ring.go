package personal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/sealed"
)

// ring holds keys in memory, for a while.
type ring struct {
	keys  Keys
	cfg   Config
	held  *lru.Cache[string, held]
	noted *lru.Cache[note, struct{}]

	warned atomic.Bool

	mu sync.Mutex // guards what follows
	// fingerprints is the key of fingerprints, nil until it is needed. It never changes.
	fingerprints []byte
}

// held is a key in memory.
type held struct {
	Key
	aead  cipher.AEAD // nil in a tombstone, and for a subject who has neither
	until time.Time
}

// note is that a stream may hold data about a subject. Notes are never removed, so memory of them never gets old.
type note struct {
	subject string
	stream  es.StreamID
}

func newRing(keys Keys, cfg Config) *ring {
	r := &ring{keys: keys, cfg: cfg}
	r.held, _ = lru.New[string, held](cfg.CacheSize) // New fails on sizes below 1 only
	r.noted, _ = lru.New[note, struct{}](cfg.CacheSize)
	return r
}

// now is the wall clock: a process that Lambda has frozen sees no other time pass.
func (r *ring) now() time.Time { return r.cfg.Now().Round(0) }

// recall returns a key from memory, if it is young enough there.
func (r *ring) recall(subject string) (held, bool) {
	h, found := r.held.Get(subject)
	left := h.until.Sub(r.now())
	return h, found && left > 0 && left <= r.cfg.CacheFor // a clock that went back proves nothing
}

// keep keeps a key in memory that was asked for at an instant.
func (r *ring) keep(key Key, asked time.Time) (held, error) {
	h := held{Key: key, until: asked.Add(r.cfg.CacheFor)}
	if !key.Forgotten && key.Secret != nil {
		block, err := aes.NewCipher(key.Secret)
		if err == nil {
			h.aead, err = cipher.NewGCM(block)
		}
		if err != nil {
			return h, fmt.Errorf("key %d of subject %s: %w", key.Number, key.Subject, err)
		}
	}
	r.held.Add(key.Subject, h)
	return h, nil
}

// fetch loads the keys of the subjects that commits name, as far as they are not in memory, in one call.
func (r *ring) fetch(ctx context.Context, commits []*es.Commit) error {
	var missing []string
	for _, c := range commits {
		for _, e := range c.Events {
			if e.Personal != nil || !sealed.In(e.Data) {
				continue
			}
			_, _ = sealed.Replace(e.Data, func(v sealed.Value) (json.RawMessage, error) { // open says what can't be read
				if _, warm := r.recall(v.Subject); !warm && !slices.Contains(missing, v.Subject) {
					missing = append(missing, v.Subject)
				}
				return nil, nil
			})
		}
	}
	if missing == nil {
		return nil
	}
	_, err := r.load(ctx, missing...)
	return err
}

// load loads keys, and keeps in memory what it found, or that it found nothing.
func (r *ring) load(ctx context.Context, subjects ...string) (map[string]held, error) {
	asked := r.now()
	found, err := r.keys.Load(ctx, subjects...)
	if err != nil {
		return nil, fmt.Errorf("load the keys of %d subjects: %w", len(subjects), err)
	}
	all := map[string]held{}
	for _, subject := range subjects {
		key, is := found[subject]
		if !is {
			key = Key{Subject: subject}
		}
		if all[subject], err = r.keep(key, asked); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// open decrypts the values of an event at a version. Decoding the event fails if one can't be decrypted.
//
// Errors: those of [Keys].
func (r *ring) open(ctx context.Context, at es.StreamVersion, e es.RawEvent) (es.RawEvent, error) {
	var until time.Time
	var failed error // of the keys: it says nothing about the event
	plain, err := sealed.Replace(e.Data, func(v sealed.Value) (json.RawMessage, error) {
		h, err := r.keyOf(ctx, v)
		if err != nil {
			failed = err
			return nil, err
		}
		if h.Number == 0 && !r.warned.Swap(true) {
			r.cfg.Log.WarnContext(ctx, "an event names a subject that has neither a key nor a tombstone: its data is shown as "+
				"erased. Was the table of keys replaced?", "stream", at.Stream.String(), "version", at.Version)
		}
		if h.aead == nil || h.Number != v.Number {
			return v.Erase(), nil
		}
		box, err := base64.RawURLEncoding.DecodeString(v.Box)
		if size := h.aead.NonceSize(); err == nil && len(box) > size {
			plain, err := h.aead.Open(box[size:size], box[:size], box[size:], bound(at.Stream, e, v))
			if err == nil {
				until = sooner(until, h.until)
				return plain, nil
			}
		}
		return nil, fmt.Errorf("a value does not belong to key %d of subject %s, to this stream and to this type of event",
			v.Number, v.Subject)
	})
	switch {
	case failed != nil:
		return e, failed
	case err != nil:
		corrupt := &es.CorruptError{Stream: at.Stream, Version: at.Version, Reason: "personal data of " + e.Type, Err: err}
		return e.Unopened(corrupt), nil
	}
	return e.Opened(plain, until), nil
}

// keyOf returns the key of a value's subject, which may be another one than the value's.
func (r *ring) keyOf(ctx context.Context, v sealed.Value) (held, error) {
	h, warm := r.recall(v.Subject)
	if warm && v.Number <= h.Number {
		return h, nil
	}
	loaded, err := r.load(ctx, v.Subject) // it left memory, or got its key since
	return loaded[v.Subject], err
}

// sooner returns the earlier of two instants, the first of which may be zero.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// seal encrypts the personal values of events that are about to be stored.
func (r *ring) seal(ctx context.Context, stream es.StreamID, events []es.RawEvent) ([]es.RawEvent, error) {
	var out []es.RawEvent
	for i, e := range events {
		values := e.Unsealed()
		if values == nil {
			continue
		}
		if out == nil {
			out = slices.Clone(events)
		}
		var data []byte
		var until time.Time
		from := 0
		for _, value := range values {
			h, err := r.hold(ctx, value.Subject, stream)
			if err != nil {
				return nil, err
			}
			v := sealed.Value{Subject: value.Subject, Number: h.Number, Erased: value.Erased}
			nonce := make([]byte, h.aead.NonceSize(), h.aead.NonceSize()+value.To-value.From+h.aead.Overhead())
			if _, err := io.ReadFull(r.cfg.Rand, nonce); err != nil {
				return nil, fmt.Errorf("nonce: %w", err)
			}
			box := h.aead.Seal(nonce, nonce, e.Data[value.From:value.To], bound(stream, e, v))
			v.Box = base64.RawURLEncoding.EncodeToString(box)
			data = sealed.Append(append(data, e.Data[from:value.From]...), v)
			from = value.To
			until = sooner(until, h.until)
		}
		out[i] = e.Sealed(append(data, e.Data[from:]...), until)
	}
	if out == nil {
		return events, nil
	}
	return out, nil
}

// hold returns the key of a subject for a new value in a stream. It notes the stream first, so that whoever deletes the
// key later finds it.
func (r *ring) hold(ctx context.Context, subject string, stream es.StreamID) (held, error) {
	if err := Check(subject); err != nil {
		return held{}, err
	}
	if n := (note{subject, stream}); !r.noted.Contains(n) {
		if err := r.keys.Note(ctx, subject, stream); err != nil {
			return held{}, fmt.Errorf("note the stream for subject %s: %w", subject, err)
		}
		r.noted.Add(n, struct{}{})
	}
	h, warm := r.recall(subject)
	if !warm || h.aead == nil {
		loaded, err := r.load(ctx, subject)
		if err != nil {
			return held{}, err
		}
		h = loaded[subject]
	}
	if h.aead == nil && (!h.Forgotten || r.cfg.Renew(stream.Type)) {
		var err error
		if h, err = r.create(ctx, subject, h.Number+1); err != nil {
			return held{}, err
		}
	}
	if h.aead == nil {
		return held{}, &ForgottenError{Subject: subject}
	}
	return h, nil
}

// fingerprint returns the fingerprint under the service's key.
func (r *ring) fingerprint(ctx context.Context, fingerprint string) (string, error) {
	key, err := r.fingerprintKey(ctx)
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte(fingerprint))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16]), nil
}

func (r *ring) fingerprintKey(ctx context.Context) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fingerprints != nil {
		return r.fingerprints, nil
	}
	loaded, err := r.load(ctx, FingerprintSubject)
	h := loaded[FingerprintSubject]
	if err == nil && h.aead == nil {
		h, err = r.create(ctx, FingerprintSubject, h.Number+1)
	}
	if err != nil {
		return nil, err
	}
	r.fingerprints = h.Secret
	return r.fingerprints, nil
}

// create makes a key for a subject. If another process was faster, it returns that one's.
func (r *ring) create(ctx context.Context, subject string, number int) (held, error) {
	secret := make([]byte, KeyBytes)
	if _, err := io.ReadFull(r.cfg.Rand, secret); err != nil {
		return held{}, fmt.Errorf("new key: %w", err)
	}
	asked := r.now()
	key, err := r.keys.Create(ctx, Key{Subject: subject, Number: number, Secret: secret, At: asked})
	if err != nil {
		return held{}, fmt.Errorf("create a key for subject %s: %w", subject, err)
	}
	return r.keep(key, asked)
}

// bound is what a value is encrypted with besides its key: it can be decrypted nowhere else.
func bound(stream es.StreamID, e es.RawEvent, v sealed.Value) []byte {
	var out []byte
	text := func(s string) { out = append(binary.BigEndian.AppendUint64(out, uint64(len(s))), s...) }
	number := func(n int) { out = binary.BigEndian.AppendUint64(out, uint64(n)) } //nolint:gosec // from 1
	text("annals.sealed.v1")
	text(stream.String())
	text(e.Type)
	number(e.Schema)
	text(v.Subject)
	number(v.Number)
	return out
}
