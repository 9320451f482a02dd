package storekit

import (
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/stored"
)

// Seal marks the heads that one store made. A store keeps its seal to itself: code that holds the seal can make heads.
type Seal struct{ mark stored.Seal }

// NewSeal returns a seal unlike any other.
func NewSeal() *Seal { return &Seal{} }

// Empty returns the head of a stream without events.
func (s *Seal) Empty(stream es.StreamID) es.Head {
	return stored.NewHead(&s.mark, stream, 0, nil, time.Time{}).(es.Head)
}

// After returns the head of a stream whose last commit is c.
func (s *Seal) After(c *es.Commit) es.Head {
	return stored.NewHead(&s.mark, c.Stream, c.LastVersion(), c.Hash, c.At).(es.Head)
}

// Made tells whether a head bears this seal.
func (s *Seal) Made(h es.Head) bool { return stored.SealOf(h) == &s.mark }
