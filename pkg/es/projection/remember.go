package projection

import (
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/es"
)

// memory is what an engine remembers of streams, so that it need not ask. What is old by the time it is used makes the save
// fail that rests on it.
type memory struct {
	checkpoints *lru.Cache[place, Checkpoint] // nil = none
	spans       *lru.Cache[foldOf, span]
}

func newMemory(size int) memory {
	var m memory
	if size > 0 { // it fails for sizes below 1 only
		m.checkpoints, _ = lru.New[place, Checkpoint](size)
		m.spans, _ = lru.New[foldOf, span](size)
	}
	return m
}

func (m *memory) remembered(p place) (Checkpoint, bool) {
	if m.checkpoints == nil {
		return Checkpoint{}, false
	}
	return m.checkpoints.Get(p)
}

// largestState is the largest state that is remembered, in bytes.
const largestState = 16 << 10

// remember keeps a checkpoint.
func (m *memory) remember(p place, at Checkpoint) {
	switch {
	case m.checkpoints == nil:
	case len(at.State) > largestState, at.Parked != nil, at.Behind, at.RowsWritten > 0:
		m.checkpoints.Remove(p)
	default:
		m.checkpoints.Add(p, at)
	}
}

func (m *memory) forget(p place) {
	if m.checkpoints != nil {
		m.checkpoints.Remove(p)
	}
}

// pass remembers commits that do not concern a fold.
func (m *memory) pass(of foldOf, commits []*es.Commit) {
	if m.spans == nil {
		return
	}
	s, there := m.spans.Get(of)
	for _, c := range commits {
		if !there {
			s, there = spanOf(c), true
		}
		s = s.with(c)
	}
	m.spans.Add(of, s)
}

// passed are versions of a stream that do not concern a target, as far as they are remembered.
func (m *memory) passed(t *target, stream es.StreamID) span {
	if m.spans == nil || t.fold == nil {
		return span{}
	}
	s, _ := m.spans.Get(foldOf{t.sub.name(), t.fold.FoldVersion(), stream})
	return s
}

// past is the version up to which nothing is missing for a target that has come to a version of a stream.
func (m *memory) past(t *target, stream es.StreamID, version int64) int64 {
	return m.passed(t, stream).past(version)
}
