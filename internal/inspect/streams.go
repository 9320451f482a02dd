package inspect

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Stream is a stream as a whole.
type Stream struct {
	Stream string `json:"stream"`
	// Version is its last version.
	Version int64 `json:"version"`
	Commits int64 `json:"commits"`
	// First and Last are when its first and its last commit were recorded.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Types counts its events by type.
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

// Stream returns a stream as a whole, which it reads.
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

// Streams yields the streams whose names begin with a prefix, in no order. It reads the whole table: see [Inspector.Find]. A
// stream with commits that can't be read is counted without them.
//
// Errors: those of [Inspector.Find].
func (i *Inspector) Streams(ctx context.Context, prefix string) iter.Seq2[Stream, error] {
	return func(yield func(Stream, error) bool) {
		open := map[int]*Stream{} // by segment: more of it may come
		var failed error
		for c, err := range i.scan(ctx, false) {
			if failed = err; err != nil {
				break
			}
			if !strings.HasPrefix(c.Stream.String(), prefix) {
				continue
			}
			s := open[c.segment]
			if s != nil && s.Stream != c.Stream.String() {
				if !yield(*s, nil) {
					return
				}
				s = nil
			}
			if s == nil {
				s = &Stream{}
				open[c.segment] = s
			}
			s.add(c.Commit)
		}
		for _, s := range open {
			if failed != nil && !errors.As(failed, new(*UnreadableError)) { // they are not whole
				break
			}
			if !yield(*s, nil) {
				return
			}
		}
		if failed != nil {
			yield(Stream{}, failed)
		}
	}
}
