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
	// Part numbers the events that one stored event is upcast to, from 0. It is 0 for an event that is not split. It is
	// counted within the stored event, not within the commit or the save.
	Part int
	// At is when the event was recorded. OccurredAt is when it happened: At, unless the caller said otherwise.
	At, OccurredAt time.Time
	Meta           es.Meta
	Data           E
}

// EventAs converts an event to one whose data has type E. It panics if the data has another type.
func EventAs[E any](e Event[any]) Event[E] {
	return Event[E]{
		Stream: e.Stream, Version: e.Version, Part: e.Part, At: e.At, OccurredAt: e.OccurredAt, Meta: e.Meta,
		Data: e.Data.(E),
	}
}

// Sort is a sort key for a row of this event. Within a stream it orders events by version and part, and is unique. Use
// it for own rows that an event keeps; to rows that never change, [AppendRows] gives a key.
//
// [OwnKey] appends "|" and the stream. '~' sorts after '|', so the parts of a version come after its first, and before
// the next version.
func (e Event[E]) Sort() string {
	if e.Part == 0 {
		return fmt.Sprintf("%019d", e.Version)
	}
	return fmt.Sprintf("%019d~%04d", e.Version, e.Part)
}

// DecodeEvent decodes the stored event c.Events[index], and calls do for each event that it is upcast to: one, several
// or none.
//
// Errors: the decoder's; the first error of do, unwrapped.
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
