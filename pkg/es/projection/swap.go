package projection

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// NotFilledError says that a generation can't serve yet.
type NotFilledError struct {
	Projection string
	Generation Generation
}

func (e *NotFilledError) Error() string {
	return fmt.Sprintf("generation %d of projection %s is not filled: fill all its segments first", e.Generation, e.Projection)
}

// Finish brings streams level that are behind, verifies a generation that is filled, and lets it serve in place of the one that does. That is kept and fed as
// retired, for the time of grace. If the generation serves already, nothing is done.
//
// Errors: [NotFilledError], [VerificationError], [ErrNoGeneration], [ErrNotRebuilt]; those of the store, the view, the
// catalog. The generation then goes on as it was.
func (r *Rebuilder) Finish(ctx context.Context, projection string, g Generation) (Report, error) {
	t, err := r.target(ctx, projection, g)
	if err != nil {
		return Report{}, err
	}
	switch {
	case t.Status == Serving: // what came after the swap may have been interrupted
		return Report{}, r.engine.askFor(ctx, projection)
	case t.Status != Building:
		return Report{}, fmt.Errorf("%s is %s: %w", t, t.Status, ErrNoGeneration)
	case !t.Filled:
		return Report{}, &NotFilledError{projection, g}
	}
	report, err := r.verify(ctx, t, true)
	if err != nil {
		return report, err
	}
	return report, r.swap(ctx, projection, g, Building, nil)
}

// swap lets a generation serve that has a status, in one conditional write, with what else is to change in the record.
func (r *Rebuilder) swap(ctx context.Context, projection string, g Generation, from Status, also func(next *Record)) error {
	var retired Generation
	err := r.change(ctx, projection, func(next *Record) error {
		b, serving := next.Build(g), next.Serving()
		if b == nil || b.Status != from {
			return fmt.Errorf("generation %d is not %s: %w", g, from, ErrNoGeneration)
		}
		if also != nil {
			also(next)
		}
		now := r.engine.cfg.Now()
		serving.become(Retired, now)
		b.become(Serving, now)
		retired = serving.Generation
		return nil
	})
	if err != nil {
		return err
	}
	r.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "another generation serves", slog.String("projection", projection),
		slog.Int("generation", int(g)), slog.Int("before", int(retired)))
	return r.engine.askFor(ctx, projection)
}

// Rollback lets the generation serve again that served before. The one that serves is retired, and its fold version is not
// built again by itself. Streams that are behind are brought level first: code that lacked the fold has not fed the generation.
//
// Errors: [ErrNoGeneration] if there is none any longer; [UnknownFoldError] if this code can't feed it; [VerificationError]
// if a stream can't be brought level; those of the store, the view, the catalog.
func (r *Rebuilder) Rollback(ctx context.Context, projection string) (Generation, error) {
	sub, record, err := r.engine.record(ctx, projection)
	if err != nil {
		return 0, err
	}
	var last *Build
	for i, b := range record.Builds {
		if b.Status == Retired && (last == nil || b.Since.After(last.Since)) {
			last = &record.Builds[i]
		}
	}
	if last == nil {
		return 0, fmt.Errorf("roll back %s: no retired generation is kept: %w", projection, ErrNoGeneration)
	}
	if sub.fold(last.Fold) == nil {
		return 0, fmt.Errorf("roll back: %w", &UnknownFoldError{projection, last.Generation, last.Fold})
	}
	t := &target{Build: *last, sub: sub, fold: sub.fold(last.Fold)}
	if err := (&verification{rebuilder: r, target: t, heals: true, levelOnly: true}).run(ctx); err != nil {
		return 0, fmt.Errorf("roll back: %w", err)
	}
	return last.Generation, r.swap(ctx, projection, last.Generation, Retired, func(next *Record) {
		if serving := next.Serving(); serving.Fold > last.Fold {
			next.Declined = max(next.Declined, serving.Fold)
		}
	})
}

// Abandon gives up the generation that is being built.
//
// Errors: [ErrNoGeneration] if there is none; the catalog's.
func (r *Rebuilder) Abandon(ctx context.Context, projection string) error {
	err := r.change(ctx, projection, func(next *Record) error {
		b := next.Building()
		if b == nil {
			return ErrNoGeneration
		}
		b.become(Dropping, r.engine.cfg.Now())
		return nil
	})
	if err != nil {
		return err
	}
	return r.engine.askFor(ctx, projection)
}

// Drop removes a generation that is retired longer than the time of grace, or given up, with all its rows. It returns how
// long it is to be kept still, 0 if it is gone.
//
// Errors: [ErrUnfinished] if the context is about to end; those of the view and the catalog.
func (r *Rebuilder) Drop(ctx context.Context, projection string, g Generation) (keep time.Duration, err error) {
	_, record, err := r.engine.record(ctx, projection)
	if err != nil {
		return 0, err
	}
	b := record.Build(g)
	switch {
	case b == nil, b.Status == Serving, b.Status == Building:
		return 0, nil
	case b.Status == Retired:
		if keep := r.cfg.Grace - r.engine.cfg.Now().Sub(b.Since); keep > 0 {
			return keep, nil
		}
		if err := r.retire(ctx, projection, g); err != nil {
			return 0, err
		}
		return feedLag, nil // batches on their way may feed it still
	case r.engine.cfg.Now().Sub(b.Since) < feedLag:
		return feedLag, nil
	}
	if err := r.dropRows(ctx, r.engine.subscription(projection).View, g); err != nil {
		return 0, fmt.Errorf("projection %s, generation %d: drop: %w", projection, g, err)
	}
	err = r.change(ctx, projection, func(next *Record) error {
		next.Builds = slices.DeleteFunc(next.Builds, func(b Build) bool { return b.Generation == g && b.Status == Dropping })
		return nil
	})
	return 0, err
}

// dropRows removes all that a generation has, as far as there is time.
//
// Errors: [ErrUnfinished]; the view's.
func (r *Rebuilder) dropRows(ctx context.Context, v View, g Generation) error {
	within := ctx
	if deadline, bounded := ctx.Deadline(); bounded && r.engine.cfg.Queue != nil {
		var cancel context.CancelFunc
		within, cancel = context.WithDeadline(ctx, deadline.Add(-r.engine.cfg.Margin))
		defer cancel()
	}
	err := v.Drop(within, g)
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		return ErrUnfinished
	}
	return err
}

// feedLag is longer than a batch takes that read the record before a generation was given up.
const feedLag = 2 * time.Minute

func (r *Rebuilder) retire(ctx context.Context, projection string, g Generation) error {
	return r.change(ctx, projection, func(next *Record) error {
		b := next.Build(g)
		if b == nil || b.Status != Retired {
			return ErrNoGeneration
		}
		b.become(Dropping, r.engine.cfg.Now())
		b.Queued = true // whoever drops it comes back
		return nil
	})
}

// Run rebuilds a projection in this process: it begins a generation, or goes on with the one on its way, fills its segments
// in parallel, and finishes it. Verification is repeated for a while: streams that were appended to just now are level soon.
//
// Errors: those of Begin, Fill and Finish.
func (r *Rebuilder) Run(ctx context.Context, projection string, progress Progress) (Build, Report, error) {
	b, err := r.Begin(ctx, projection)
	if err != nil {
		return b, Report{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	errs := make([]error, b.Segments)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			if _, errs[i] = r.Fill(ctx, projection, b.Generation, i, progress); errs[i] != nil {
				cancel(errs[i])
			}
		})
	}
	wg.Wait()
	if errors.Join(errs...) != nil {
		return b, Report{}, context.Cause(ctx)
	}
	report, err := r.Finish(ctx, projection, b.Generation)
	return b, report, err
}

// Do does a job off the queue. What is left of it goes back into the queue.
//
// Errors: those of what the job asks for; the queue's. The job is then to be done again.
func (r *Rebuilder) Do(ctx context.Context, j Job) error {
	switch j.Task {
	case CatchUp:
		err := r.engine.catchUp(ctx, j.Projection, j.Stream, mode{level: true, retry: j.Retry, suspect: j.Suspect})
		if errors.Is(err, ErrUnfinished) {
			return r.engine.leave(ctx, 0, j)
		}
		return err
	case Fill:
		return r.doFill(ctx, j)
	case Finish:
		_, err := r.Finish(ctx, j.Projection, j.Generation)
		return r.postpone(ctx, j, err)
	case Drop:
		keep, err := r.Drop(ctx, j.Projection, j.Generation)
		if err == nil && keep > 0 || errors.Is(err, ErrUnfinished) {
			return r.engine.leave(ctx, keep, j)
		}
		return err
	case Reconcile:
		return r.doReconcile(ctx, j)
	}
	return fmt.Errorf("there is no task %q", j.Task)
}

func (r *Rebuilder) doFill(ctx context.Context, j Job) error {
	filled, err := r.Fill(ctx, j.Projection, j.Generation, j.Segment, nil)
	switch {
	case errors.Is(err, ErrUnfinished):
		return r.engine.leave(ctx, 0, j)
	case err != nil, !filled:
		return r.postpone(ctx, j, err)
	}
	return r.engine.leave(ctx, 0, Job{Task: Finish, Projection: j.Projection, Generation: j.Generation})
}

// postpone puts a job back that this code is too old for, and forgets one that came too late.
func (r *Rebuilder) postpone(ctx context.Context, j Job, err error) error {
	var unknown *UnknownFoldError
	switch {
	case errors.As(err, &unknown):
		return r.engine.leave(ctx, later, j)
	case errors.Is(err, ErrNoGeneration):
		return nil
	}
	return err
}
