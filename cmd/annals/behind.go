package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// behind returns a projection that is not level with a stream, and why, of those that are named or, if none is, of all.
// "" = all are level, or have parked the stream.
//
// Errors: those of [projection.Engine.StreamProgress]. If no other projection is behind, one of read models in other
// stores, if some can't be read: see [isApart].
func (o *operator) behind(ctx context.Context, stream es.StreamID, names []string) (string, error) {
	names = o.orAll(names)
	behindIn := func(e *projection.Engine) (string, error) {
		reached, err := e.StreamProgress(ctx, es.StreamVersion{Stream: stream})
		for _, one := range reached {
			if one.Checkpoint.Behind && slices.Contains(names, one.Projection) {
				return one.Projection + ": " + o.whyBehind(one), nil
			}
		}
		return "", err
	}
	for _, e := range o.Engines() {
		if behind, err := behindIn(e); behind != "" || err != nil {
			return behind, err
		}
	}
	var failed []error
	for _, a := range o.among(names) {
		behind, err := behindIn(a.Engine)
		if behind != "" {
			return behind, nil
		}
		failed = append(failed, a.Failed(err))
	}
	return "", errors.Join(failed...)
}

func (o *operator) whyBehind(p projection.StreamProgress) string {
	if !o.folds(p.Projection, p.Build.Fold) {
		return fmt.Sprintf("the code that is deployed has no fold version %d, of generation %d: deploy code that has "+
			"it, or wait until the generation is dropped", p.Build.Fold, p.Build.Generation)
	}
	return "the function's time was over, and its queue has the rest"
}

// describe keeps which fold versions the deployed code has of a projection.
func (o *operator) describe(d projection.Description) {
	for _, f := range d.Folds {
		o.versions[d.Name] = append(o.versions[d.Name], f.Version)
	}
}

func (o *operator) folds(name string, version int) bool {
	return slices.Contains(o.versions[name], version)
}
