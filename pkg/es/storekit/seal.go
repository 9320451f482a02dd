package storekit

import (
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/stored"
)

// Seal identifies the store that made a head. A store must not give its seal away: code that has it can make heads.
type Seal struct{ mark stored.Seal }

// NewSeal returns a new seal, different from all others.
func NewSeal() *Seal { return &Seal{} }

// Empty returns the head of a stream without events.
func (s *Seal) Empty(stream es.StreamID) es.Head {
	return stored.NewHead(&s.mark, stream, 0, nil, time.Time{}).(es.Head)
}

// After returns the head of a stream whose last commit is c.
func (s *Seal) After(c *es.Commit) es.Head {
	return stored.NewHead(&s.mark, c.Stream, c.LastVersion(), c.Hash, c.At).(es.Head)
}

// Made reports whether a head was made with this seal.
func (s *Seal) Made(h es.Head) bool { return stored.SealOf(h) == &s.mark }
