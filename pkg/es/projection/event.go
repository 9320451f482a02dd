package projection

import (
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Event is an event as a projection sees it. E is its Go type, or an interface that it satisfies.
type Event[E any] struct {
	Stream  es.StreamID
	Version int64
	// Part is the place of the event among those that one stored event stands for, where an upcaster splits it: 0 for
	// the first, and for an event that is not split. It is counted within the stored event, not within the commit or
	// the save.
	Part int
	// At is when it was recorded; OccurredAt is when it happened, which is At unless the caller said otherwise.
	At, OccurredAt time.Time
	Meta           es.Meta
	Data           E
}

// EventAs is an event whose data is of type E. It panics if the data is not.
func EventAs[E any](e Event[any]) Event[E] {
	return Event[E]{
		Stream: e.Stream, Version: e.Version, Part: e.Part, At: e.At, OccurredAt: e.OccurredAt, Meta: e.Meta, Data: e.Data.(E),
	}
}

// Sort is the sort key of a row that an event makes: within a stream, it orders events by version and part, and no two
// have the same. Own rows that an event keeps use it; rows that never change are appended instead: see [AppendRows].
//
// [OwnKey] appends "|" and the stream. '~' comes after '|', so the parts of a version come after its first, and before
// the next version.
func (e Event[E]) Sort() string {
	if e.Part == 0 {
		return fmt.Sprintf("%019d", e.Version)
	}
	return fmt.Sprintf("%019d~%04d", e.Version, e.Part)
}

// DecodeEvent decodes the stored event c.Events[index], and calls do for each event that stands for it after upcasting: one,
// several, or none.
//
// Errors: those of the decoder; the first error of do, as it is.
func DecodeEvent(source es.Decoder, c *es.Commit, index int, do func(Event[any]) error) error {
	e := Event[any]{
		Stream: c.Stream, Version: c.Version + int64(index), At: c.At, OccurredAt: c.OccurredAt(), Meta: c.Meta,
	}
	return source.DecodeAny(c, index, func(data any) error {
		part := e
		part.Data = data
		e.Part++
		return do(part)
	})
}
