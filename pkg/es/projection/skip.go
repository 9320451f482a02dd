package projection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// Skip makes the engine's reactions treat streams as handled up to a version, each with the hash of the commit that
// holds it. They will not react to those events. Use it for commits from another table, whose reactions ran there,
// before the commits are stored in this one. Projections are not changed. A stream that was skipped before stays
// skipped. A timer has no deadlines of skipped events. Skip registers no reaction: one that is registered later begins
// after the skipped events.
//
// Errors: one that names the first stream that a reaction has already begun with; those of the catalog and the view.
func (e *Engine) Skip(ctx context.Context, ends ...es.CommitRef) error {
	targets, err := e.listed(ctx)
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
		return fmt.Errorf("skip %s: %s has already handled events of it, up to version %d", end.Stream, t, cp.Version)
	}
	return nil
}
