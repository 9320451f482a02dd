package projection

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Drop removes a generation with all its rows, if it was given up, or has been retired for longer than
// [RebuildConfig].KeepRetired. It returns how long the generation must still be kept, 0 if it is gone.
//
// Errors: [ErrUnfinished] if the context is about to end; those of the view and the catalog.
func (r *Rebuilder) Drop(ctx context.Context, projection string, g Generation) (keep time.Duration, err error) {
	sub, record, err := r.engine.record(ctx, projection)
	if err != nil {
		return 0, err
	}
	b := record.Build(g)
	switch {
	case b == nil, b.Status == Serving, b.Status == Building:
		return 0, nil
	case b.Status == Retired:
		if keep := r.cfg.KeepRetired - r.engine.cfg.Now().Sub(b.Since); keep > 0 {
			return keep, nil
		}
		if err := r.retire(ctx, projection, g); err != nil {
			return 0, err
		}
		return feedLag, nil // running batches may still feed it
	case r.engine.cfg.Now().Sub(b.Since) < feedLag:
		return feedLag, nil
	}
	if serving := record.Serving(); !serving.Lost {
		if err := r.engine.point(ctx, sub, serving.Generation); err != nil { // the pointer may name what is dropped
			return 0, err
		}
	}
	if err := r.dropRows(ctx, sub.View, g); err != nil {
		return 0, fmt.Errorf("projection %s, generation %d: drop: %w", projection, g, err)
	}
	err = r.change(ctx, projection, func(next *Record) error {
		next.Builds = slices.DeleteFunc(next.Builds, func(b Build) bool { return b.Generation == g && b.Status == Dropping })
		return nil
	})
	return 0, err
}

// dropRows removes all rows of a generation, or as many as there is time for.
//
// Errors: [ErrUnfinished]; the view's.
func (r *Rebuilder) dropRows(ctx context.Context, v View, g Generation) error {
	within := ctx
	if deadline, bounded := ctx.Deadline(); bounded && r.engine.cfg.Queue != nil {
		var cancel context.CancelFunc
		within, cancel = context.WithDeadline(ctx, deadline.Add(-r.engine.cfg.DeadlineMargin))
		defer cancel()
	}
	err := v.Drop(within, g)
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		return ErrUnfinished
	}
	return err
}

// feedLag is longer than a batch runs. A batch that read the record before a generation was given up has ended by then.
const feedLag = 2 * time.Minute

func (r *Rebuilder) retire(ctx context.Context, projection string, g Generation) error {
	return r.change(ctx, projection, func(next *Record) error {
		b := next.Build(g)
		if b == nil || b.Status != Retired {
			return ErrNoGeneration
		}
		b.become(Dropping, r.engine.cfg.Now())
		b.WorkerStarted = true // the worker that is dropping it calls again
		return nil
	})
}

// Tidy drops all generations of a projection that are due, as many as there is time for. It returns after how long to
// call it again, 0 if nothing is left.
//
// Errors: [ErrUnfinished] if there is more to do now; those of the view and the catalog.
func (r *Rebuilder) Tidy(ctx context.Context, projection string) (after time.Duration, err error) {
	_, record, err := r.engine.record(ctx, projection)
	if err != nil {
		return 0, err
	}
	for _, b := range record.Builds {
		if !b.leaves() {
			continue
		}
		keep, err := r.Drop(ctx, projection, b.Generation)
		if err != nil {
			return 0, err
		}
		if keep > 0 && (after == 0 || keep < after) {
			after = keep
		}
	}
	return after, nil
}
