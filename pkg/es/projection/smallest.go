package projection

import (
	"hash/fnv"
	"maps"
	"slices"
)

// smallest keeps the names with the smallest hashes: a sample that does not depend on the order of the names.
type smallest struct {
	most    int
	names   map[string]uint64
	largest uint64 // largest kept hash, once the sample is full
}

// take reports whether a name is among the smallest so far. A name that was dropped is never taken again.
func (s *smallest) take(name string) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	sum := h.Sum64()
	if len(s.names) == s.most && sum > s.largest {
		return false
	}
	if s.names == nil {
		s.names = map[string]uint64{}
	}
	s.names[name] = sum
	if len(s.names) > s.most {
		maps.DeleteFunc(s.names, func(_ string, sum uint64) bool { return sum == s.largest })
	}
	if len(s.names) == s.most {
		s.largest = slices.Max(slices.Collect(maps.Values(s.names)))
	}
	_, taken := s.names[name]
	return taken
}
