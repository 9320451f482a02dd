package projection

import (
	"context"
	"fmt"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// StreamProgress is the checkpoint of a stream in one generation of a projection.
type StreamProgress struct {
	Projection string
	Build      Build
	Checkpoint Checkpoint
	// Shows is true if the generation shows the wanted version: its checkpoint has reached the version, or none of the
	// events between concerns the projection.
	Shows bool
}

// StreamProgress returns the checkpoints of a stream in every projection that reads it, in each generation that is fed,
// and whether each shows a version.
//
// Errors: those of the catalog, the views and the store.
func (e *Engine) StreamProgress(ctx context.Context, v es.StreamVersion) ([]StreamProgress, error) {
	targets, err := e.listed(ctx)
	if err != nil {
		return nil, err
	}
	var all []StreamProgress
	for _, t := range slices.Concat(targets...) {
		if !t.reads(v.Stream.Type) {
			continue
		}
		read, err := t.sub.View.Checkpoints(ctx, t.Generation, v.Stream)
		if err != nil {
			return nil, fmt.Errorf("%s: checkpoint of %s: %w", &t, v.Stream, err)
		}
		p := StreamProgress{Projection: t.sub.name(), Build: t.Build, Checkpoint: read[v.Stream]}
		if p.Shows = p.Checkpoint.Version >= v.Version; !p.Shows && t.fold != nil {
			if p.Shows, err = shows(ctx, e.store, *t.sub, t.fold, p.Checkpoint, v); err != nil {
				return nil, err
			}
		}
		all = append(all, p)
	}
	return all, nil
}
