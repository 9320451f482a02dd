package verify

import (
	"errors"
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Anchor is where a stream ended.
type Anchor struct {
	Stream es.StreamID
	// Version is the last version, Hash and At are those of its commit, Commits is how many there were.
	Version int64
	Hash    []byte
	At      time.Time
	Commits int64
}

// Anchors are where all streams ended, by name: a signed copy of them (see [Anchors.Write]) proves later what was there.
type Anchors struct {
	// At is when the check began that they are from.
	At    time.Time
	Heads []Anchor
}

// ErrFindings refuses anchors of a store that is not intact.
var ErrFindings = errors.New("the check found something: nobody should sign this")

// Anchors returns the heads as anchors. at is when the check began.
//
// Errors: [ErrFindings]; one where the heads were not asked for.
func (r *Report) Anchors(at time.Time) (*Anchors, error) {
	switch {
	case r.Found > 0:
		return nil, fmt.Errorf("anchors: %d findings: %w", r.Found, ErrFindings)
	case int64(len(r.Heads)) != r.Streams:
		return nil, errors.New("anchors: the check was not asked for heads")
	}
	return &Anchors{At: at.UTC().Truncate(time.Microsecond), Heads: r.Heads}, nil
}

// Witnesses returns the anchors as witnesses for a later check.
func (a *Anchors) Witnesses(source string) []Witness {
	out := make([]Witness, len(a.Heads))
	for i, h := range a.Heads {
		out[i] = Witness{Source: source, Stream: h.Stream, Version: h.Version, Hash: h.Hash}
	}
	return out
}
