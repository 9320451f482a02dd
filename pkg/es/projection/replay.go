package projection

import (
	"context"
	"encoding/json"

	"github.com/annals-es/annals/pkg/es"
)

// Replay folds a projection along one stream from the event store, up to a point, and decodes the resulting state into
// out. It does not use the projection's stored rows. If no event up to the point concerns the projection, out is not
// changed.
//
// Errors: that of [Projection].Check; [ErrNotRebuilt] for a reaction; those of [es.ReadTo]; the fold's.
func Replay(ctx context.Context, p Projection, store es.Reader, stream es.StreamID, to es.Point, out any) error {
	var (
		state json.RawMessage
		steps []step
		err   error
	)
	if err := p.Check(); err != nil {
		return err
	}
	if !p.rebuilds() {
		return ErrNotRebuilt
	}
	fold := func() error {
		if len(steps) > 0 {
			state, _, err = p.fold(ctx, state, steps)
			steps = steps[:0]
		}
		return err
	}
	for c, err := range es.ReadTo(ctx, store, stream, to) {
		if err != nil {
			return err
		}
		steps = beyond(steps, &c, 0)
		if len(steps) >= pageEvents {
			if err := fold(); err != nil {
				return err
			}
		}
	}
	if err := fold(); err != nil {
		return err
	}
	if state == nil { // nothing concerned it
		return nil
	}
	return json.Unmarshal(state, out)
}
