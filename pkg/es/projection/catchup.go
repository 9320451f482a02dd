package projection

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// CatchUp brings a stream level with the event store, in one projection or, if it is named "", in all that read it. With
// retry, it tries a parked stream again. If time runs out it leaves the rest to the queue.
//
// Errors: those of the store, of the view, of the catalog; the first of them.
func (e *Engine) CatchUp(ctx context.Context, projection string, stream es.StreamID, retry bool) error {
	if projection != "" && e.subscription(projection) == nil {
		return e.unknown(projection)
	}
	waves, err := e.targets(ctx)
	if err != nil {
		return err
	}
	b := e.newBatch(nil)
	for _, wave := range waves {
		for i := range wave {
			t := &wave[i]
			if projection != "" && projection != t.sub.name() || !t.sub.Projection.Reads(stream.Type) {
				continue
			}
			if t.fold == nil {
				b.postpone(ctx, t, []es.StreamID{stream})
				continue
			}
			if err := b.level(ctx, t, stream, mode{level: true, retry: retry}); err != nil {
				b.fail(stream, err)
			}
		}
	}
	if e.cfg.Notifier != nil && len(b.changes) > 0 {
		e.cfg.Notifier.Notify(ctx, b.changes)
	}
	return b.failed[stream]
}

func (b *batch) level(ctx context.Context, t *target, stream es.StreamID, m mode) error {
	read, err := t.sub.View.Checkpoints(ctx, t.Generation, stream)
	if err != nil {
		return fmt.Errorf("%s: checkpoint of %s: %w", t, stream, err)
	}
	c := &cursor{engine: b.Engine, target: t, stream: stream, at: read[stream]}
	version := c.at.Version
	if err := b.Engine.forward(ctx, c, nil, m); err != nil {
		return err
	}
	if c.at.Version > version {
		b.changed(c)
	}
	return nil
}

func (e *Engine) unknown(projection string) error {
	return fmt.Errorf("there is no projection %q", projection)
}

// Start does what a process has to do once before it takes batches: it checks that the code can serve what is stored,
// begins the generations that newer fold versions ask for, and leaves to the queue whatever other builds of the code
// parked, and what a process may have ended before: filling and dropping generations.
//
// Errors: [UnknownFoldError]; those of the catalog, the views, the queue.
func (e *Engine) Start(ctx context.Context) error {
	waves, err := e.targets(ctx)
	if err != nil {
		return err
	}
	for _, t := range slices.Concat(waves[0], waves[1]) {
		if t.Status == Serving && t.fold == nil {
			return &UnknownFoldError{t.sub.name(), t.Generation, t.Fold}
		}
	}
	if e.cfg.Queue == nil {
		return nil
	}
	var errs []error
	for _, wave := range waves {
		for i := range wave {
			errs = append(errs, e.retryOthers(ctx, &wave[i]))
		}
	}
	for i := range e.subscriptions {
		errs = append(errs, e.upgrade(ctx, &e.subscriptions[i]))
	}
	return errors.Join(errs...)
}

// retryOthers leaves to the queue what another build of the code parked.
func (e *Engine) retryOthers(ctx context.Context, t *target) error {
	if t.fold == nil {
		return nil
	}
	var jobs []Job
	for p, err := range t.sub.View.Parked(ctx, t.Generation) {
		if err != nil {
			return fmt.Errorf("%s: parked streams: %w", t, err)
		}
		if p.Code != e.cfg.Code {
			jobs = append(jobs, Job{Task: CatchUp, Projection: t.sub.name(), Stream: p.Stream})
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	return e.leave(ctx, 0, jobs...)
}
