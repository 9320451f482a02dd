package es

import (
	"time"

	"github.com/annals-es/annals/pkg/es/internal/stored"
)

// Head is the end of a stream, as its store read or wrote it. Appends take a Head. Only stores make heads, and a store
// refuses the heads of another store. If the stream has grown since, the append fails with a [ConflictError]: it never
// leaves a gap or an overlap.
type Head struct {
	stream  StreamID
	version int64
	hash    []byte
	at      time.Time
	seal    *stored.Seal
}

// Stream returns the name of the stream.
func (h Head) Stream() StreamID { return h.stream }

// Version returns the version of the last event, 0 for a stream without events.
func (h Head) Version() int64 { return h.version }

// Hash returns the last commit's hash, empty for a stream without events. Do not modify it.
func (h Head) Hash() []byte { return h.hash }

// At returns when the last commit was recorded.
func (h Head) At() time.Time { return h.at }

func init() { // package storekit makes heads for stores through these
	stored.NewHead = func(seal *stored.Seal, stream any, version int64, hash []byte, at time.Time) any {
		return Head{stream: stream.(StreamID), version: version, hash: hash, at: at, seal: seal}
	}
	stored.SealOf = func(head any) *stored.Seal { return head.(Head).seal }
}
