package projection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// Skip has the engine's reactions take streams as done up to a version, each with the hash of the commit that it is in: they
// will do nothing about those events. It is for commits that another table held, where they were reacted to, and comes
// before they are stored in this one. Projections are not touched. A stream that was skipped before stays so.
//
// Errors: one that names a stream that a reaction has begun with, the first of them; those of the catalog and the view.
func (e *Engine) Skip(ctx context.Context, ends ...es.CommitRef) error {
	targets, err := e.targets(ctx)
	if err != nil {
		return err
	}
	at := make(map[es.StreamID]es.CommitRef, len(ends))
	for _, end := range ends {
		at[end.Stream] = end
	}
	for _, t := range slices.Concat(targets...) {
		if t.sub.Projection.rebuilds() {
			continue
		}
		var streams []es.StreamID
		for stream := range at {
			if t.sub.Projection.Reads(stream.Type) {
				streams = append(streams, stream)
			}
		}
		b := e.newBatch(nil)
		b.each(&t, streams, func(stream es.StreamID) error { return e.skip(ctx, &t, at[stream]) })
		for _, err := range b.failed {
			return err
		}
	}
	return nil
}

func (e *Engine) skip(ctx context.Context, t *target, end es.CommitRef) error {
	done := Checkpoint{Version: end.Version, Hash: end.Hash, At: e.cfg.Now().UTC()}
	err := t.sub.View.Save(ctx, t.Generation, []CheckpointUpdate{{Stream: end.Stream, Next: done}}, nil)
	if !errors.Is(err, ErrStale) {
		return err
	}
	there, err := t.sub.View.Checkpoints(ctx, t.Generation, end.Stream)
	if err != nil {
		return fmt.Errorf("%s: checkpoint of %s: %w", t, end.Stream, err)
	}
	if cp := there[end.Stream]; cp.Version != end.Version || !bytes.Equal(cp.Hash, end.Hash) {
		return fmt.Errorf("%s has begun with %s, and is at version %d: it can't be skipped", t, end.Stream, cp.Version)
	}
	return nil
}
