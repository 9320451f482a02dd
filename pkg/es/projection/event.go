package projection

import (
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Event is an event as a projection sees it.
type Event struct {
	Stream  es.StreamID
	Version int64
	// Part is the place of the event among those that one stored event stands for, where an upcaster splits it: 0 for
	// the first, and for an event that is not split. It is counted within the stored event, not within the commit or
	// the save.
	Part int
	// At is when it was recorded; OccurredAt is when it happened, which is At unless the caller said otherwise.
	At, OccurredAt time.Time
	Meta           es.Meta
	// Data is the decoded event, of the type that its stream's decoder gives.
	Data any
}

// Sort is the sort key of a row that an event makes: within a stream, it orders events by version and part, and no two
// have the same. Every fold that keeps a row an event uses it.
//
// [OwnKey] appends "|" and the stream. '~' comes after '|', so the parts of a version come after its first, and before
// the next version.
func (e Event) Sort() string {
	if e.Part == 0 {
		return fmt.Sprintf("%019d", e.Version)
	}
	return fmt.Sprintf("%019d~%04d", e.Version, e.Part)
}
