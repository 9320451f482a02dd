package inspect

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Stream is a summary of a stream.
type Stream struct {
	Stream string `json:"stream"`
	// Version is its last version.
	Version int64 `json:"version"`
	Commits int64 `json:"commits"`
	// First and Last are the times of its first and its last commit.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Types are the counts of its events by type.
	Types map[string]int64 `json:"types"`
}

// add counts a commit.
func (s *Stream) add(c *es.Commit) {
	if s.Commits == 0 {
		*s = Stream{Stream: c.Stream.String(), First: c.At, Types: map[string]int64{}}
	}
	s.Commits++
	s.Version, s.Last = c.LastVersion(), c.At
	for i := range c.Events {
		s.Types[c.Events[i].Type]++
	}
}

// Stream returns the summary of a stream. It reads the whole stream.
//
// Errors: [es.NotFoundError]; those of [es.Reader].
func (i *Inspector) Stream(ctx context.Context, stream es.StreamID) (Stream, error) {
	var s Stream
	for c, err := range i.store.Read(ctx, stream, es.Range{}) {
		if err != nil {
			return s, err
		}
		s.add(&c)
	}
	if s.Commits == 0 {
		return s, &es.NotFoundError{Stream: stream}
	}
	return s, nil
}

// Streams yields the streams whose names begin with a prefix, in no order. It reads the whole table: see
// [Inspector.Find]. Commits that can't be read do not count.
//
// Errors: those of [Inspector.Find].
func (i *Inspector) Streams(ctx context.Context, prefix string) iter.Seq2[Stream, error] {
	return func(yield func(Stream, error) bool) {
		g := grouping{}
		for c, err := range i.scan(ctx, false) {
			if err != nil {
				g.end(err, yield)
				return
			}
			if !strings.HasPrefix(c.Stream.String(), prefix) {
				continue
			}
			if done := g.add(c); done != nil && !yield(*done, nil) {
				return
			}
		}
		g.end(nil, yield)
	}
}

// grouping is the last stream of each segment: more of its commits may follow.
type grouping map[int]*Stream

// add counts a commit. If its stream is a new one, add returns the previous stream of the segment, which is complete,
// else nil.
func (g grouping) add(c scanned) (done *Stream) {
	last := g[c.segment]
	if last == nil || last.Stream != c.Stream.String() {
		done, last = last, &Stream{}
		g[c.segment] = last
	}
	last.add(c.Commit)
	return done
}

// end yields the last streams, unless an error came before they were complete, and the error.
func (g grouping) end(err error, yield func(Stream, error) bool) {
	if err == nil || errors.As(err, new(*UnreadableError)) {
		for _, s := range g {
			if !yield(*s, nil) {
				return
			}
		}
	}
	if err != nil {
		yield(Stream{}, err)
	}
}
