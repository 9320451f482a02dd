package projection

import (
	"context"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// known are the checkpoints of a batch's streams in one generation.
type known struct {
	at  map[es.StreamID]Checkpoint
	err error // why they could not be read
}

// know looks up checkpoints: in memory, else in the view, in few requests. A checkpoint in memory is not used if there
// is a gap between it and the delivered commits: then another process has most likely advanced the stream, and reading
// a checkpoint costs less than reading events.
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
		// Commands usually write the checkpoints of inline projections, so memory does not help.
		case ok && !t.sub.Inline && fits(b.past(t, stream, cp.Version), b.delivered[stream]):
			at[stream] = cp
		case b.begins(t, stream): // most likely it does not exist yet
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

// begins reports whether a stream most likely has no checkpoint yet: its first commit was delivered, or was skipped
// just now. If that is wrong, the save fails its condition. A reaction can't rely on it: it would react twice.
func (b *batch) begins(t *target, stream es.StreamID) bool {
	switch {
	case b.fresh:
		return b.delivered[stream][0].Version == 1
	case !b.delivery, b.suspect, t.sub.Inline, !t.fold.rebuilds():
		return false
	}
	return fits(b.past(t, stream, 0), b.delivered[stream])
}
