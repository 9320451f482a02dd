package personal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
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

// load loads keys, and keeps in memory what it found, or that it found nothing.
func (r *ring) load(ctx context.Context, subjects ...string) (map[string]held, error) {
	asked := r.now()
	found, err := r.keys.Load(ctx, subjects...)
	if err != nil {
		return nil, failed(fmt.Errorf("load the keys of %d subjects: %w", len(subjects), err))
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

// aboutOne reports whether an error is about one key. Keys may answer for others.
func aboutOne(err error) bool {
	return errors.As(err, new(*KeyError)) || errors.As(err, new(*NameError))
}

// failed marks an error of keys as transient, unless it is about one key: permissions and tables come back, and no
// event is at fault.
func failed(err error) error {
	if aboutOne(err) || errors.Is(err, es.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", es.ErrUnavailable, err)
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
			if value.Blank && errors.As(err, new(*ForgottenError)) {
				continue // it stays as it is
			}
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

// hold returns the key of a subject for a new value in a stream. It notes the stream first, so that it is found when the
// key is deleted later.
func (r *ring) hold(ctx context.Context, subject string, stream es.StreamID) (held, error) {
	if err := Check(subject); err != nil {
		return held{}, err
	}
	if strings.HasPrefix(subject, "$") {
		return held{}, &NameError{Subject: subject, Reason: "the id must not begin with $, as those of the service do"}
	}
	if n := (note{subject, stream}); !r.noted.Contains(n) {
		if err := r.keys.Note(ctx, subject, stream); err != nil {
			return held{}, failed(fmt.Errorf("note the stream for subject %s: %w", subject, err))
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
	if err == nil && h.aead == nil {
		err = &KeyError{Subject: FingerprintSubject, Number: h.Number, Reason: "it was forgotten while it was made"}
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
		return held{}, failed(fmt.Errorf("create a key for subject %s: %w", subject, err))
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
