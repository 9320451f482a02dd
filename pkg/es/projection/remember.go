package projection

import (
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/es"
)

// memory caches what an engine read or stored, to save reads. If an entry is outdated, the save that rests on it fails
// its condition.
type memory struct {
	checkpoints *lru.Cache[place, Checkpoint] // nil = none
	spans       *lru.Cache[foldOf, span]
}

func newMemory(size int) memory {
	var m memory
	if size > 0 { // New fails for sizes below 1 only
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

// largestState is the largest state that is cached, in bytes.
const largestState = 16 << 10

// remember caches a checkpoint.
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

// passed are the remembered versions of a stream that do not concern a target.
func (m *memory) passed(t *target, stream es.StreamID) span {
	if m.spans == nil || t.fold == nil {
		return span{}
	}
	s, _ := m.spans.Get(foldOf{t.sub.name(), t.fold.FoldVersion(), stream})
	return s
}

// past is the version up to which nothing is missing, for a target whose checkpoint is at a version.
func (m *memory) past(t *target, stream es.StreamID, version int64) int64 {
	return m.passed(t, stream).past(version)
}
