package projection

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// CatchUp brings a stream up to date with the event store, in the named projections or, if none is named, in all that
// read it. A parked stream stays parked: see [Engine.RetryStream]. If time runs out, CatchUp leaves the rest to the
// queue.
//
// Errors: [UnknownProjectionError]; the first error of the store, the view or the catalog; if there is none, an
// [OutageError] for each projection that was left out.
func (e *Engine) CatchUp(ctx context.Context, stream es.StreamID, projections ...string) error {
	left, err := e.catchUp(ctx, stream, mode{level: true}, projections)
	return cmp.Or(err, left.err())
}

// RetryStream is [Engine.CatchUp] that also tries a parked stream again.
//
// Errors: those of CatchUp. A stream that fails again is parked again; that is no error.
func (e *Engine) RetryStream(ctx context.Context, stream es.StreamID, projections ...string) error {
	left, err := e.catchUp(ctx, stream, mode{level: true, retry: true}, projections)
	return cmp.Or(err, left.err())
}

// catchUp also returns the outages because of which projections were left out.
func (e *Engine) catchUp(
	ctx context.Context, stream es.StreamID, m mode, projections []string,
) (left outages, err error) {
	if err := e.known(projections); err != nil {
		return nil, err
	}
	targets, err := e.targets(ctx)
	if err != nil {
		return nil, err
	}
	b := e.newBatch(nil)
	for _, generations := range targets {
		for i := range generations {
			t := &generations[i]
			switch {
			case !isAmong(t, projections):
			case t.outage == nil:
				b.catchUp(ctx, t, stream, m)
			case i == 0 && t.sub.reads(stream.Type):
				left = append(left, &OutageError{t.sub.name(), *t.outage})
			}
		}
	}
	left = append(left, b.noteOutages(ctx)...)
	b.notify(ctx)
	return left, b.failed[stream]
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

// known returns an error if the engine does not have one of the named projections.
func (e *Engine) known(projections []string) error {
	for _, name := range projections {
		if e.subscription(name) == nil {
			return e.unknown(name)
		}
	}
	return nil
}

// isAmong reports whether a generation belongs to one of the named projections. If none is named, every generation
// does.
func isAmong(t *target, projections []string) bool {
	return len(projections) == 0 || slices.Contains(projections, t.sub.name())
}

func (e *Engine) unknown(projection string) error { return &UnknownProjectionError{projection} }

// UnknownProjectionError says that no projection has a name.
type UnknownProjectionError struct{ Projection string }

func (e *UnknownProjectionError) Error() string {
	return fmt.Sprintf("unknown projection %q", e.Projection)
}
