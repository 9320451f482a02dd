package projection

import (
	"context"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// CatchUp brings a stream level with the event store, in one projection or, if it is named "", in all that read it. With
// retry, it tries a parked stream again. If time runs out it leaves the rest to the queue.
//
// Errors: those of the store, of the view, of the catalog; the first of them.
func (e *Engine) CatchUp(ctx context.Context, projection string, stream es.StreamID, retry bool) error {
	return e.catchUp(ctx, projection, stream, mode{level: true, retry: retry})
}

func (e *Engine) catchUp(ctx context.Context, projection string, stream es.StreamID, m mode) error {
	if projection != "" && e.subscription(projection) == nil {
		return e.unknown(projection)
	}
	targets, err := e.targets(ctx)
	if err != nil {
		return err
	}
	b := e.newBatch(nil)
	for _, generations := range targets {
		for i := range generations {
			t := &generations[i]
			if projection == "" || projection == t.sub.name() {
				b.catchUp(ctx, t, stream, m)
			}
		}
	}
	b.notify(ctx)
	return b.failed[stream]
}

func (b *batch) catchUp(ctx context.Context, t *target, stream es.StreamID, m mode) {
	switch {
	case !t.reads(stream.Type), b.hasFailedIn(t, stream):
	case t.fold == nil:
		b.postpone(ctx, t, []es.StreamID{stream})
	default:
		if err := b.level(ctx, t, stream, m); err != nil {
			b.fail(t, stream, err)
		}
	}
}

func (b *batch) level(ctx context.Context, t *target, stream es.StreamID, m mode) error {
	read, err := t.sub.View.Checkpoints(ctx, t.Generation, stream)
	if err != nil {
		return fmt.Errorf("%s: checkpoint of %s: %w", t, stream, err)
	}
	w := b.way(t, stream, read[stream])
	w.m = m
	if w.suspected() {
		done, err := b.alone(ctx)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", t, stream, err)
		}
		defer done()
	}
	return w.forward(ctx)
}

func (e *Engine) unknown(projection string) error {
	return fmt.Errorf("there is no projection %q", projection)
}
