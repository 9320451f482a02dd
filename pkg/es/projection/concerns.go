package projection

import (
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// storedEvery is how many versions a checkpoint is behind at most because nothing since concerned its projection: waits and
// new processes read no more than that.
const storedEvery = 50

// Concerns tells whether a commit concerns a projection: whether its checkpoint has to come to the commit's version. A commit
// does not if every event in it is of a type that is stored today and goes to no handler. Once in 50 versions, a commit
// concerns every projection.
func Concerns(p Projection, c *es.Commit) bool {
	if !p.Reads(c.Stream.Type) {
		return false
	}
	if (c.Version-1)/storedEvery < c.LastVersion()/storedEvery {
		return true
	}
	return slices.ContainsFunc(c.Events, func(e es.RawEvent) bool { return p.handles(c.Stream.Type, e) })
}

// concerned tells whether a fold of a subscription has something to do about a commit. An inline projection stays at the
// head, whatever is stored.
func (s *Subscription) concerned(p Projection, c *es.Commit) bool { return s.Inline || Concerns(p, c) }

// concerned tells whether a target has something to do about a commit.
func (t *target) concerned(c *es.Commit) bool { return t.sub.concerned(t.fold, c) }

// folds are all versions of the fold that the code has.
func (s *Subscription) folds() []Projection { return append([]Projection{s.Projection}, s.Former...) }

// reads tells whether any version of the fold reads streams of a type.
func (s *Subscription) reads(streamType string) bool {
	return slices.ContainsFunc(s.folds(), func(p Projection) bool { return p.Reads(streamType) })
}

// reads tells whether a target's fold reads streams of a type; if the code lacks it, it may.
func (t *target) reads(streamType string) bool {
	if t.fold == nil {
		return t.sub.reads(streamType)
	}
	return t.fold.Reads(streamType)
}

// foldOf is a stream as a version of a fold sees it.
type foldOf struct {
	projection string
	version    int
	stream     es.StreamID
}

// span are versions of a stream that do not concern a fold: those after from, up to to.
type span struct {
	from, to int64
	// creator is who created the stream, if its first commit is in the span.
	creator string
}

func spanOf(c *es.Commit) span {
	s := span{from: c.Version - 1, to: c.LastVersion()}
	if c.Version == 1 {
		s.creator = c.Meta.Actor
	}
	return s
}

// with is a span that a commit, which does not concern the fold, makes longer, or begins.
func (s span) with(c *es.Commit) span {
	switch {
	case c.LastVersion() <= s.to && c.Version > s.from: // it is in it
		return s
	case c.Version > s.from && c.Version <= s.to+1:
		s.to = c.LastVersion()
		return s
	}
	return spanOf(c)
}

// past is the version up to which nothing is missing for a fold that has come to a version.
func (s span) past(version int64) int64 {
	if s.from <= version {
		return max(s.to, version)
	}
	return version
}

// sort divides what was delivered: it remembers the streams of which nothing concerns a fold, and tells whether anything
// concerns any.
func (b *batch) sort() (concerned bool) {
	for i := range b.subscriptions {
		sub := &b.subscriptions[i]
		for stream, delivered := range b.delivered {
			for _, p := range sub.folds() {
				if !p.Reads(stream.Type) {
					continue
				}
				of := foldOf{p.Name(), p.FoldVersion(), stream}
				if slices.ContainsFunc(delivered, func(c *es.Commit) bool { return sub.concerned(p, c) }) {
					concerned = true
					continue
				}
				b.quiet[of] = true
				b.pass(of, delivered)
			}
		}
	}
	return concerned
}

// isQuiet tells whether nothing that was delivered of a stream concerns a target.
func (b *batch) isQuiet(t *target, stream es.StreamID) bool {
	return !t.reads(stream.Type) || t.fold != nil && b.quiet[foldOf{t.sub.name(), t.fold.FoldVersion(), stream}]
}
