package projection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Start does what a process has to do once before it takes batches: it checks that the code can serve what is stored,
// has the generations built that newer fold versions ask for, and those dropped that nobody else will, and leaves to the queue
// whatever other builds of the code parked.
//
// Errors: [UnknownFoldError]; those of the catalog, the views, the queue, the starter.
func (e *Engine) Start(ctx context.Context) error {
	records, err := e.registered(ctx)
	if err != nil {
		return err
	}
	targets := slices.Concat(e.targetsOf(records)...)
	for _, t := range targets {
		if t.Status == Serving && t.fold == nil {
			return &UnknownFoldError{t.sub.name(), t.Generation, t.Fold}
		}
	}
	errs := make([]error, len(targets)+len(records))
	var wg sync.WaitGroup
	if e.cfg.Queue != nil {
		for i := range targets {
			wg.Go(func() { errs[i] = e.retryOthers(ctx, &targets[i]) })
		}
	}
	if e.cfg.Starter != nil {
		for i := range records {
			wg.Go(func() { errs[len(targets)+i] = e.upgrade(ctx, &e.subscriptions[i], records[i]) })
		}
	}
	wg.Wait()
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
		if p.Code != e.cfg.CodeVersion() {
			jobs = append(jobs, Job{Task: CatchUp, Projection: t.sub.name(), Stream: p.Stream})
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	return e.leave(ctx, 0, jobs...)
}
