package memview

import (
	"context"
	"iter"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Park implements [projection.View].
func (v *View) Park(
	ctx context.Context, g projection.Generation, stream es.StreamID, prev projection.Checkpoint, p projection.Parked,
) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	to := v.generation(g)
	if to.stale(stream, prev) {
		return projection.ErrStale
	}
	cp := cloneCheckpoint(prev.Raised(prev.Version + 1))
	cp.Parked = &p
	to.checkpoints[stream] = cp
	return nil
}

// Seen implements [projection.View].
func (v *View) Seen(ctx context.Context, g projection.Generation, stream es.StreamID, version int64) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	of := v.generation(g)
	if of.checkpoints[stream].Parked == nil {
		return projection.ErrStale
	}
	of.seen[stream] = max(of.seen[stream], version)
	return nil
}

// Parked implements [projection.View].
func (v *View) Parked(ctx context.Context, g projection.Generation) iter.Seq2[projection.ParkedStream, error] {
	return listed(ctx, func() (parked []projection.ParkedStream) {
		v.mu.Lock()
		defer v.mu.Unlock()
		of := v.generation(g)
		for stream, cp := range of.checkpoints {
			if cp.Parked != nil {
				parked = append(parked, projection.ParkedStream{Stream: stream, Parked: *cp.Parked, Seen: of.seen[stream]})
			}
		}
		return parked
	})
}
