package es

import "time"

// Head is where a stream ended when its store looked: the only thing that can be appended to. Only a store makes heads,
// with its [Seal]; a head that another store made is refused. A head may be out of date: an append to it is then a
// [ConflictError], never a gap and never an overlap.
type Head struct {
	stream  StreamID
	version int64
	hash    []byte
	at      time.Time
	seal    *Seal
}

// Stream is the stream whose end this is.
func (h Head) Stream() StreamID { return h.stream }

// Version is the last version, 0 for a stream without events.
func (h Head) Version() int64 { return h.version }

// Hash is the last commit's hash, empty for a stream without events. It must not be changed.
func (h Head) Hash() []byte { return h.hash }

// At is when the last commit was recorded.
func (h Head) At() time.Time { return h.at }

// Seal marks the heads that one store made. A store keeps its seal to itself: whoever holds it can make heads.
type Seal struct {
	_ byte // not empty: two seals must differ
}

// NewSeal returns a seal unlike any other.
func NewSeal() *Seal { return &Seal{} }

// Empty returns the head of a stream without events.
func (s *Seal) Empty(stream StreamID) Head { return Head{stream: stream, seal: s} }

// After returns the head of a stream whose last commit is c.
func (s *Seal) After(c *Commit) Head {
	return Head{stream: c.Stream, version: c.LastVersion(), hash: c.Hash, at: c.At, seal: s}
}

// Made tells whether a head bears this seal.
func (s *Seal) Made(h Head) bool { return h.seal == s }
