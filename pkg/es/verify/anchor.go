package verify

import (
	"errors"
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Anchor records where a stream ended at the time of a check.
type Anchor struct {
	Stream es.StreamID
	// Version is the last version, Hash and At are those of its commit, Commits is the number of commits.
	Version int64
	Hash    []byte
	At      time.Time
	Commits int64
}

// Anchors record where all streams ended, sorted by name. A signed copy of them (see [Anchors.Write]) later proves what
// was stored then.
type Anchors struct {
	// At is when the check began that made them.
	At    time.Time
	Heads []Anchor
}

// ErrFindings means that a check had findings, so its anchors must not be signed.
var ErrFindings = errors.New("the store is not intact: do not sign anchors of it")

// Anchors returns the heads of a report as anchors. at is when the check began.
//
// Errors: [ErrFindings]; an error if the check did not collect heads.
func (r *Report) Anchors(at time.Time) (*Anchors, error) {
	switch {
	case r.Found > 0:
		return nil, fmt.Errorf("anchors: %d findings: %w", r.Found, ErrFindings)
	case int64(len(r.Heads)) != r.Streams:
		return nil, errors.New("anchors: the report has no heads: set Config.Heads")
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
