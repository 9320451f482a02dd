package projection

import (
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// storedEvery is how many versions a checkpoint may lag behind because no later event concerned its projection. Waits
// and new processes read no more than that.
const storedEvery = 50

// Concerns reports whether a commit concerns a projection, so that its checkpoint must reach the commit's version. A
// commit does not if the stored type of each of its events is current and has no handler. One commit in every 50
// versions concerns every projection.
func Concerns(p Projection, c *es.Commit) bool {
	if !p.Reads(c.Stream.Type) {
		return false
	}
	if (c.Version-1)/storedEvery < c.LastVersion()/storedEvery {
		return true
	}
	return slices.ContainsFunc(c.Events, func(e es.RawEvent) bool { return p.handles(c.Stream.Type, e) })
}

// concerned reports whether a fold of a subscription must process a commit. An inline projection processes every
// commit, so that its checkpoint stays at the head.
func (s *Subscription) concerned(p Projection, c *es.Commit) bool { return s.Inline || Concerns(p, c) }

// concerned reports whether a target must process a commit.
func (t *target) concerned(c *es.Commit) bool { return t.sub.concerned(t.fold, c) }

// folds are all versions of the fold that the code has.
func (s *Subscription) folds() []Projection { return append([]Projection{s.Projection}, s.Former...) }

// reads reports whether any version of the fold reads streams of a type.
func (s *Subscription) reads(streamType string) bool {
	return slices.ContainsFunc(s.folds(), func(p Projection) bool { return p.Reads(streamType) })
}

// reads reports whether a target's fold reads streams of a type. If the code lacks the fold, the answer is yes: it may.
func (t *target) reads(streamType string) bool {
	if t.fold == nil {
		return t.sub.reads(streamType)
	}
	return t.fold.Reads(streamType)
}

// foldOf identifies a stream and the fold version that reads it.
type foldOf struct {
	projection string
	version    int
	stream     es.StreamID
}

// span is a range of a stream's versions that do not concern a fold: after from, up to and including to.
type span struct {
	from, to int64
	// creator is the actor that created the stream, if its first commit is in the span.
	creator string
}

func spanOf(c *es.Commit) span {
	s := span{from: c.Version - 1, to: c.LastVersion()}
	if c.Version == 1 {
		s.creator = c.Meta.Actor
	}
	return s
}

// with returns the span extended by a commit that does not concern the fold, or a new span of that commit alone.
func (s span) with(c *es.Commit) span {
	switch {
	case c.LastVersion() <= s.to && c.Version > s.from: // already in the span
		return s
	case c.Version > s.from && c.Version <= s.to+1:
		s.to = c.LastVersion()
		return s
	}
	return spanOf(c)
}

// past is the version up to which nothing is missing, for a fold whose checkpoint is at a version.
func (s span) past(version int64) int64 {
	if s.from <= version {
		return max(s.to, version)
	}
	return version
}

// sort finds the streams of which no delivered commit concerns a fold, and reports whether any commit concerns any
// fold.
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

// isQuiet reports whether no delivered commit of a stream concerns a target.
func (b *batch) isQuiet(t *target, stream es.StreamID) bool {
	return !t.reads(stream.Type) || t.fold != nil && b.quiet[foldOf{t.sub.name(), t.fold.FoldVersion(), stream}]
}
