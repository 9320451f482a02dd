package verify

import (
	"bytes"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// chain checks one stream's commits, each against the one before it.
type chain struct {
	stream  es.StreamID
	found   *findings
	end     place
	other   *place // the end of an overlapping commit: the next commit shows which of the two it continues
	commits int64
}

// place is the end of a commit, which the next commit must continue. The zero place is the start of a stream.
type place struct {
	version int64
	hash    []byte
	at      time.Time
}

func endOf(c *es.Commit) place { return place{version: c.LastVersion(), hash: c.Hash, at: c.At} }

func (p *place) continuedBy(c *es.Commit) bool {
	return c.Version == p.version+1 && bytes.Equal(c.Prev, p.hash)
}

// add compares a commit with those before it. holes are the versions of the stream's unreadable commits.
func (ch *chain) add(c *es.Commit, holes []int64) {
	ch.commits++
	if computed := c.ComputeHash(); !bytes.Equal(computed, c.Hash) {
		ch.found.add(c.Stream, c.Version, Changed, "the computed hash is %x, the stored hash is %x", computed, c.Hash)
	}
	if ch.other != nil && ch.other.continuedBy(c) && !ch.end.continuedBy(c) {
		ch.end = *ch.other
	}
	ch.other = nil
	if !c.At.After(ch.end.at) {
		ch.found.add(c.Stream, c.Version, Backwards, "recorded at %s, the previous commit at %s",
			es.FormatTime(c.At), es.FormatTime(ch.end.at))
	}
	end := endOf(c)
	switch expected := ch.end.version + 1; {
	case c.Version < expected:
		ch.found.add(c.Stream, c.Version, Inserted, "the previous commit ends at version %d", ch.end.version)
		ch.other = &end
		return
	case c.Version > expected:
		if !slices.Contains(holes, expected) { // an unreadable commit is already a finding
			ch.found.add(c.Stream, expected, Missing, "versions %d to %d are missing", expected, c.Version-1)
		}
	case !ch.end.continuedBy(c):
		ch.found.add(c.Stream, c.Version, Broken, "the previous commit's hash is %x, this commit's prev is %x",
			ch.end.hash, c.Prev)
	}
	ch.end = end
}

// head returns the end of the stream.
func (ch *chain) head() Anchor {
	return Anchor{Stream: ch.stream, Version: ch.end.version, Hash: ch.end.hash, At: ch.end.at, Commits: ch.commits}
}
