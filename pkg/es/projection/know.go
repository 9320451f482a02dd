package projection

import (
	"context"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// known are the checkpoints of a batch's streams in one generation.
type known struct {
	at  map[es.StreamID]Checkpoint
	err error // what was in the way of reading them
}

// know looks up checkpoints: in memory, else in the view, in few requests. What is in memory is not used where something would
// be missing between it and what was delivered: another process has most likely brought the stream forward, and a
// checkpoint costs less than the events.
func (b *batch) know(ctx context.Context, t *target, streams []es.StreamID) known {
	if t.fold == nil {
		return known{}
	}
	at := make(map[es.StreamID]Checkpoint, len(streams))
	var unknown []es.StreamID
	for _, stream := range streams {
		if b.isQuiet(t, stream) {
			continue
		}
		cp, ok := b.remembered(t.place(stream))
		switch {
		// Commands move the inline ones most of the time.
		case ok && !t.sub.Inline && fits(b.past(t, stream, cp.Version), b.delivered[stream]):
			at[stream] = cp
		case b.begins(t, stream): // there is none yet, most likely
		default:
			unknown = append(unknown, stream)
		}
	}
	if len(unknown) == 0 {
		return known{at: at}
	}
	read, err := t.sub.View.Checkpoints(ctx, t.Generation, unknown...)
	if err != nil {
		return known{err: fmt.Errorf("%s: checkpoints: %w", t, err)}
	}
	for stream, cp := range read {
		at[stream] = cp
	}
	return known{at: at}
}

// begins tells whether a stream has most likely no checkpoint yet: its first commit was delivered, or was skipped just now. If
// that is wrong, the save is refused. A reaction must not react before it knows.
func (b *batch) begins(t *target, stream es.StreamID) bool {
	switch {
	case b.fresh:
		return b.delivered[stream][0].Version == 1
	case !b.delivery, b.suspect, t.sub.Inline, !t.fold.rebuilds():
		return false
	}
	return fits(b.past(t, stream, 0), b.delivered[stream])
}
