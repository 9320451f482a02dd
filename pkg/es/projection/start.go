package projection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Start does what each process must do once before it takes batches. It checks that the code can read what is stored.
// It starts builds for newer fold versions, and drops that no other worker will do. It enqueues retries of streams that
// other builds of the code parked.
//
// Errors: [UnknownFoldError], [ChangedFoldError]; those of the catalog, the views, the queue and the starter.
func (e *Engine) Start(ctx context.Context) error {
	records, err := e.registered(ctx)
	if err != nil {
		return err
	}
	e.pointAll(ctx, records)
	targets := slices.Concat(e.targetsOf(records)...)
	hurry(targets)
	for _, t := range targets {
		if t.Status == Serving && t.fold == nil {
			return &UnknownFoldError{t.sub.name(), t.Generation, t.Fold}
		}
	}
	for i := range records {
		if err := e.noteSkips(ctx, &records[i]); err != nil {
			return err
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
			wg.Go(func() { errs[len(targets)+i] = e.upgrade(ctx, e.subscription(records[i].Projection), records[i]) })
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}

// retryOthers enqueues retries of the streams that another build of the code parked. During an outage it leaves them to
// the recovery.
func (e *Engine) retryOthers(ctx context.Context, t *target) error {
	if t.fold == nil || t.outage != nil {
		return nil
	}
	var jobs []Job
	for p, err := range t.sub.View.Parked(ctx, t.Generation) {
		if isAway(err) {
			_, err = e.noteOutage(ctx, t.sub.name(), err)
			return err
		}
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

// ChangedFoldError reports that a fold version handles events that an existing generation was built without.
type ChangedFoldError struct {
	Projection string
	Generation Generation
	Fold       int
	// Types are the stored types of these events, such as "Order/OrderPlaced".
	Types []string
}

func (e *ChangedFoldError) Error() string {
	return fmt.Sprintf("projection %s: fold version %d handles %s, but generation %d was built without: "+
		"raise the fold version",
		e.Projection, e.Fold, strings.Join(e.Types, ", "), e.Generation)
}

// noteSkips stores with each generation which events its fold skips, and checks that the fold of this code skips them
// too: an event that a checkpoint has passed is not read again.
func (e *Engine) noteSkips(ctx context.Context, r *Record) error {
	next := r.clone()
	changed := false
	for i := range next.Builds {
		b := &next.Builds[i]
		fold := e.subscription(r.Projection).fold(b.Fold)
		if fold == nil || b.Status == Dropping {
			continue
		}
		handled := slices.DeleteFunc(slices.Clone(b.Skips), func(t string) bool { return !fold.handlesType(t) })
		if len(handled) > 0 {
			return &ChangedFoldError{r.Projection, b.Generation, b.Fold, handled}
		}
		all := slices.Compact(slices.Sorted(slices.Values(slices.Concat(b.Skips, fold.skipped()))))
		if len(all) > len(b.Skips) {
			b.Skips, changed = all, true
		}
	}
	if !changed {
		return nil
	}
	switch err := e.catalog.Replace(ctx, next); {
	case errors.Is(err, ErrStale): // the next process stores it
		return nil
	case err != nil:
		return err
	}
	next.Revision++
	*r = next
	return nil
}
