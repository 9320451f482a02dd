package es

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"maps"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es/internal/stored"
)

// FormatTime returns t in the stored form: RFC 3339 in UTC with exactly six fractional digits, so that times sort as
// text. The zero time becomes "".
func FormatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(stored.TimeFormat)
}

const hashDomain = "annals.commit.v1"

// ComputeHash returns the SHA-256 of the commit's canonical encoding. It covers everything that is stored except the
// hash itself.
//
// The encoding is a sequence of strings and numbers. A string is its length in bytes as a number, then its bytes. A
// number is 8 bytes, big-endian. In order: "annals.commit.v1", prev, stream, version, id, at; the number of events, and
// for each its type, schema and data; correlation id, causation id, actor, occurredAt ("" if not set); the number of
// extra entries, and for each, sorted by key, its key and value; command id, command fingerprint; the number of
// siblings, and for each its stream and version.
func (c *Commit) ComputeHash() []byte {
	e := encoder{h: sha256.New()}
	e.str(hashDomain)
	e.str(string(c.Prev))
	e.str(c.Stream.String())
	e.num(c.Version)
	e.str(c.ID)
	e.str(FormatTime(c.At))
	e.num(int64(len(c.Events)))
	for _, ev := range c.Events {
		e.str(ev.Type)
		e.num(int64(ev.Schema))
		e.str(string(ev.Data))
	}
	e.str(c.Meta.CorrelationID)
	e.str(c.Meta.CausationID)
	e.str(c.Meta.Actor)
	e.str(FormatTime(c.Meta.OccurredAt))
	e.num(int64(len(c.Meta.Extra)))
	for _, k := range slices.Sorted(maps.Keys(c.Meta.Extra)) {
		e.str(k)
		e.str(c.Meta.Extra[k])
	}
	e.str(c.Command.ID)
	e.str(c.Command.Fingerprint)
	e.num(int64(len(c.Siblings)))
	for _, s := range c.Siblings {
		e.str(s.Stream.String())
		e.num(s.Version)
	}
	return e.h.Sum(nil)
}

type encoder struct {
	h   hash.Hash
	buf []byte
}

func (e *encoder) num(n int64) {
	e.buf = binary.BigEndian.AppendUint64(e.buf[:0], uint64(n)) //nolint:gosec // versions and counts are never negative
	e.h.Write(e.buf)
}

func (e *encoder) str(s string) {
	e.num(int64(len(s)))
	e.buf = append(e.buf[:0], s...)
	e.h.Write(e.buf)
}
