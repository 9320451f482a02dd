package projection

import (
	"context"
	"fmt"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// StreamProgress is the checkpoint that one generation of a projection has of a stream.
type StreamProgress struct {
	Projection string
	Build      Build
	Checkpoint Checkpoint
}

// StreamProgress returns the checkpoints of a stream in every projection that reads it, in each generation that is fed.
//
// Errors: those of the catalog and the views.
func (e *Engine) StreamProgress(ctx context.Context, stream es.StreamID) ([]StreamProgress, error) {
	targets, err := e.listed(ctx)
	if err != nil {
		return nil, err
	}
	var all []StreamProgress
	for _, t := range slices.Concat(targets...) {
		if !t.sub.Projection.Reads(stream.Type) {
			continue
		}
		read, err := t.sub.View.Checkpoints(ctx, t.Generation, stream)
		if err != nil {
			return nil, fmt.Errorf("%s: checkpoint of %s: %w", &t, stream, err)
		}
		all = append(all, StreamProgress{Projection: t.sub.name(), Build: t.Build, Checkpoint: read[stream]})
	}
	return all, nil
}
