package projection

import (
	"context"
	"fmt"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// Reached is how far one generation of a projection has come with a stream.
type Reached struct {
	Projection string
	Build      Build
	Checkpoint Checkpoint
}

// Reached returns how far every projection that reads a stream has come with it, in each generation that is fed.
//
// Errors: those of the catalog and the views.
func (e *Engine) Reached(ctx context.Context, stream es.StreamID) ([]Reached, error) {
	targets, err := e.listed(ctx)
	if err != nil {
		return nil, err
	}
	var all []Reached
	for _, t := range slices.Concat(targets...) {
		if !t.sub.Projection.Reads(stream.Type) {
			continue
		}
		read, err := t.sub.View.Checkpoints(ctx, t.Generation, stream)
		if err != nil {
			return nil, fmt.Errorf("%s: checkpoint of %s: %w", &t, stream, err)
		}
		all = append(all, Reached{Projection: t.sub.name(), Build: t.Build, Checkpoint: read[stream]})
	}
	return all, nil
}
