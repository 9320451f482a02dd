package projection

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/annals-es/annals/pkg/es"
)

// NotFilledError reports that a generation can't be read yet, or can't serve yet, because its history is not read.
type NotFilledError struct {
	Projection string
	Generation Generation
}

func (e *NotFilledError) Error() string {
	return fmt.Sprintf("generation %d of projection %s is not filled: older events are still to be read, "+
		"by the Starter's worker or by Rebuilder.FillNew", e.Generation, e.Projection)
}

// Finish catches up the streams that are behind, verifies a filled generation, and lets it serve in place of the
// current one. That one is retired: it is kept, and receives events, for [RebuildConfig].KeepRetired. If the generation
// already serves, Finish changes nothing.
//
// Errors: [NotFilledError], [VerificationError], [ErrNoGeneration], [ErrNotRebuilt]; [OutageError] during an outage,
// when batches leave out the generation too; those of the store, the view and the catalog. The generation then stays as
// it was.
func (r *Rebuilder) Finish(ctx context.Context, projection string, g Generation) (Report, error) {
	t, err := r.filled(ctx, projection, g)
	switch {
	case err != nil:
		return Report{}, err
	case t.Status == Serving: // an earlier call may have been interrupted after the swap
		return Report{}, r.engine.askFor(ctx, projection)
	}
	report, err := r.verify(ctx, t, true)
	if err != nil {
		return report, err
	}
	if err := r.swap(ctx, projection, g, Building, nil); err != nil {
		return report, err
	}
	return report, r.engine.askFor(ctx, projection)
}

// filled returns a generation that serves or may serve next.
//
// Errors: [NotFilledError], [ErrNoGeneration], [ErrNotRebuilt]; the catalog's.
func (r *Rebuilder) filled(ctx context.Context, projection string, g Generation) (*target, error) {
	t, err := r.target(ctx, projection, g)
	switch {
	case err != nil:
		return nil, err
	case t.Status == Serving:
	case t.Status != Building:
		return nil, fmt.Errorf("%s is %s: %w", t, t.Status, ErrNoGeneration)
	case !t.Filled:
		return nil, &NotFilledError{projection, g}
	}
	return t, nil
}

// swap lets a generation serve that has the status from, in one conditional write. also makes further changes to the
// record. The view's own pointer, if there is one, is moved first: both generations are fed, and the one that readers
// switch to is written first.
//
// Errors: [ErrNoGeneration]; [OutageError]; the catalog's; those of [Pointing].
func (r *Rebuilder) swap(
	ctx context.Context, projection string, g Generation, from Status, also func(next *Record, retired *Build),
) error {
	var retired Generation
	err := r.change(ctx, projection, func(next *Record) error {
		b, serving := next.Build(g), next.Serving()
		if b == nil || b.Lost || b.Status != from {
			return fmt.Errorf("generation %d is not %s: %w", g, from, ErrNoGeneration)
		}
		if next.Outage != nil {
			return fmt.Errorf("generation %d can't serve now: %w", g, &OutageError{projection, *next.Outage})
		}
		if err := r.engine.point(ctx, r.engine.subscription(projection), g); err != nil {
			return err
		}
		now := r.engine.cfg.Now()
		serving.become(Retired, now)
		b.become(Serving, now)
		if also != nil {
			also(next, serving)
		}
		retired = serving.Generation
		return nil
	})
	if err != nil {
		return err
	}
	r.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "a new generation serves", slog.String("projection", projection),
		slog.Int("generation", int(g)), slog.Int("before", int(retired)))
	return nil
}

// Rollback lets the retired generation serve again that served last. The current one is retired, and its fold version
// is not rebuilt unless Begin is called. Streams that are behind are caught up first: code that lacked the fold has not
// fed the generation.
//
// Errors: [ErrNoGeneration] if no retired generation is kept; [UnknownFoldError] if this code lacks its fold;
// [VerificationError] if a stream can't be caught up; [OutageError] during an outage; those of the store, the view and
// the catalog.
func (r *Rebuilder) Rollback(ctx context.Context, projection string) (Generation, error) {
	return r.rollBack(ctx, projection, r.level)
}

// RollbackLeveled is [Rebuilder.Rollback] for a caller that has just reconciled all segments, see
// [Rebuilder.ReconcileSegment]: it brings no stream level, so it takes no longer with more events.
//
// Errors: those of Rollback, without [VerificationError].
func (r *Rebuilder) RollbackLeveled(ctx context.Context, projection string) (Generation, error) {
	return r.rollBack(ctx, projection, func(context.Context, *target) error { return nil })
}

func (r *Rebuilder) rollBack(
	ctx context.Context, projection string, level func(context.Context, *target) error,
) (Generation, error) {
	sub, record, err := r.engine.record(ctx, projection)
	if err != nil {
		return 0, err
	}
	var last *Build
	for i, b := range record.Builds {
		if b.Status == Retired && !b.Lost && (last == nil || b.Since.After(last.Since)) {
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
	if err := level(ctx, t); err != nil {
		return 0, fmt.Errorf("roll back: %w", err)
	}
	err = r.swap(ctx, projection, last.Generation, Retired, func(next *Record, retired *Build) {
		if retired.Fold > last.Fold {
			next.RolledBackFold = max(next.RolledBackFold, retired.Fold)
		}
	})
	if err != nil {
		return 0, err
	}
	return last.Generation, r.engine.askFor(ctx, projection)
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

// Run rebuilds a projection in this process: it begins a generation, or continues with the one that is being built,
// fills its segments in parallel, and finishes it. Verification is repeated for a while, because streams that are being
// appended to are briefly behind.
//
// Errors: those of Begin, Fill and Finish.
func (r *Rebuilder) Run(ctx context.Context, projection string, onPage OnPage) (Build, Report, error) {
	b, err := r.Begin(ctx, projection)
	if err != nil {
		return b, Report{}, err
	}
	err = parallel(ctx, b.Segments, func(ctx context.Context, i int) error {
		_, err := r.Fill(ctx, projection, b.Generation, i, onPage)
		return err
	})
	if err != nil {
		return b, Report{}, err
	}
	report, err := r.Finish(ctx, projection, b.Generation)
	return b, report, err
}

// FillNew fills, in this process, the first generations of all projections whose history was never read. Until then
// readers refuse projections that were added to existing ones. Without a [Starter], call it when a process starts.
//
// Errors: those of Fill.
func (r *Rebuilder) FillNew(ctx context.Context) error {
	records, err := r.engine.registered(ctx)
	if err != nil {
		return err
	}
	for i := range records {
		b := records[i].Serving()
		if b.Filled || !r.engine.subscription(records[i].Projection).Projection.rebuilds() {
			continue
		}
		err := parallel(ctx, b.Segments, func(ctx context.Context, segment int) error {
			_, err := r.Fill(ctx, records[i].Projection, b.Generation, segment, nil)
			return err
		})
		if err != nil {
			return fmt.Errorf("fill %s: %w", records[i].Projection, err)
		}
	}
	return nil
}

// Do runs a job from the queue. What is left of it is enqueued again. During an outage, CatchUp leaves the stream to
// the recovery; what the recovery does not do, a retry of a parked stream and FoldAgain, comes again later.
//
// Errors: those of the job's task; the queue's. The job must then be run again.
func (r *Rebuilder) Do(ctx context.Context, j Job) error {
	switch j.Task {
	case CatchUp:
		m := mode{level: true, retry: j.Retry, suspect: j.Suspect}
		left, err := r.engine.catchUp(ctx, j.Stream, m, j.projections())
		switch {
		case errors.Is(err, ErrUnfinished):
			return r.engine.leave(ctx, 0, j)
		case j.Retry:
			err = errors.Join(err, r.engine.comeAgain(ctx, j, left))
		}
		return r.engine.again(ctx, j, err)
	case Reconcile:
		return r.doReconcile(ctx, j)
	case FoldAgain:
		_, left, err := r.engine.refold(ctx, []es.StreamID{j.Stream}, j.projections())
		return errors.Join(err, r.engine.comeAgain(ctx, j, left))
	case Recover:
		return r.doRecover(ctx, j)
	}
	return fmt.Errorf("unknown task %q", j.Task)
}
