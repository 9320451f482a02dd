package cacheview

import (
	"context"

	"github.com/annals-es/annals/pkg/es/projection"
)

// Prepare implements [projection.Preparing].
//
// Errors: one if the generation was dropped. That is remembered in a small key, until the cache loses it.
func (v *View) Prepare(ctx context.Context, g projection.Generation) error {
	_, err := v.run(ctx, g, prepareScript)
	return err
}

// Drop implements [projection.View]. The server frees the memory in the background.
func (v *View) Drop(ctx context.Context, g projection.Generation) error {
	_, err := v.run(ctx, g, dropScript)
	return err
}
