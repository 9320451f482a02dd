package annalshttp

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
)

// commandID returns the id of a command. The same caller, route, target and Idempotency-Key give the same id.
func commandID(subject string, o *annals.Operation, target []string, key string) string {
	parts := append([]string{subject, o.Method, o.Path}, target...)
	return digest(append(parts, key)...)
}

// fingerprint returns a digest that tells whether two requests with one command id are the same request. White space
// and the order of members make no difference. It is computed from the JSON, not from Go values, so it stays the same
// when Go types change.
func fingerprint(body []byte, occurredAt time.Time, more ...string) string {
	return digest(append([]string{canonical(body), es.FormatTime(occurredAt)}, more...)...)
}

// canonical returns a JSON text without white space and with sorted members. No body counts as an empty object.
func canonical(body []byte) string {
	if len(body) == 0 {
		return "{}"
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return string(body)
	}
	out, err := json.Marshal(v)
	if err != nil {
		return string(body)
	}
	return string(out)
}

// digest returns the first 128 bits of the SHA-256 of the strings, each preceded by its length, as base64url.
func digest(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}

// newID returns the id of an aggregate that a command creates: the requested one; else the command's id, if it has one,
// so that a repeat creates no second aggregate; else a random id.
func newID(asked string, cmd es.Command) string {
	switch {
	case asked != "":
		return asked
	case cmd.Ref.ID != "":
		return cmd.Ref.ID
	}
	return uuid.NewString()
}
