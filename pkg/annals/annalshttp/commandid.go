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

// commandID identifies a command: the same caller, route, target and key give the same id.
func commandID(subject string, o *annals.Operation, target []string, key string) string {
	parts := append([]string{subject, o.Method, o.Path}, target...)
	return digest(append(parts, key)...)
}

// fingerprint tells bodies of one command apart. Bodies that differ in white space or in the order of members alone are
// the same. It is made from the JSON, not from our types, so that it stays as it is when these change.
func fingerprint(body []byte, occurredAt time.Time, more ...string) string {
	return digest(append([]string{canonical(body), es.FormatTime(occurredAt)}, more...)...)
}

// canonical is a JSON text without white space and with sorted members; no body is as good as an empty object.
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

// digest is 128 bits of the SHA-256 of strings, each with its length before it, as base64url.
func digest(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}

// newID is the id of an aggregate that a command creates: the one asked for; else, where the command has an id, that,
// so that a repeat means the same aggregate; else a random one.
func newID(asked string, cmd es.Command) string {
	switch {
	case asked != "":
		return asked
	case cmd.Ref.ID != "":
		return cmd.Ref.ID
	}
	return uuid.NewString()
}
