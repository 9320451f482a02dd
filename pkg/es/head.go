package es

import (
	"time"

	"github.com/annals-es/annals/pkg/es/internal/stored"
)

// Head is where a stream ended when its store looked: the only thing that can be appended to. Only a store makes heads;
// a store refuses the heads of another one. A head may be out of date: an append to it is then a [ConflictError], never a
// gap and never an overlap.
type Head struct {
	stream  StreamID
	version int64
	hash    []byte
	at      time.Time
	seal    *stored.Seal
}

// Stream is the stream whose end this is.
func (h Head) Stream() StreamID { return h.stream }

// Version is the last version, 0 for a stream without events.
func (h Head) Version() int64 { return h.version }

// Hash is the last commit's hash, empty for a stream without events. It must not be changed.
func (h Head) Hash() []byte { return h.hash }

// At is when the last commit was recorded.
func (h Head) At() time.Time { return h.at }

func init() { // for package storekit, with which stores make heads
	stored.NewHead = func(seal *stored.Seal, stream any, version int64, hash []byte, at time.Time) any {
		return Head{stream: stream.(StreamID), version: version, hash: hash, at: at, seal: seal}
	}
	stored.SealOf = func(head any) *stored.Seal { return head.(Head).seal }
}
