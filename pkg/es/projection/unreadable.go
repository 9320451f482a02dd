package projection

import "github.com/annals-es/annals/pkg/es"

// unreadable are the streams of a page's corrupt commits, each with the last version of such a commit. An item that
// names no stream is left out: no projection has a checkpoint of it, and no store reads it.
func unreadable(corrupt []*es.CorruptError) map[es.StreamID]int64 {
	last := map[es.StreamID]int64{}
	for _, c := range corrupt {
		if c.Stream.Validate() == nil {
			last[c.Stream] = max(last[c.Stream], c.Version)
		}
	}
	return last
}
