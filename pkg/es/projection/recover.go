package projection

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// The recovery from an outage has these steps, each stored in the catalog or in the queue before the next begins:
//
//  1. The store answers.
//  2. The outage becomes Recovering: batches feed the projection again. A batch that left the projection out read the
//     record before that, and its commits were stored before it read the record.
//  3. The jobs that reconcile the projection are enqueued. They begin after step 2, so they see all these commits.
//  4. The outage is removed. If the serving generation is lost, a worker that replaces it is started before that.
//
// A process that ends after step 2 or 3 leaves an outage that is Recovering. The job, which is then delivered again,
// continues with step 3. If the store goes away again, a new outage replaces the old one, with a job of its own, and
// all begins with step 1. Removing the outage before step 3 would lose the reconciliation if the process ends there.
// Enqueuing the jobs before step 2 would let them read a stream too early.

// probeTime is how long a store that was away may take to answer.
const probeTime = 2 * time.Second

// probed need not exist: a store that answers says that it has no checkpoint.
var probed = es.StreamID{Type: "Outage", ID: "probe"}

// Recover ends the [Outage] of a projection in this process, if its store answers again: it brings all streams up to
// date, in all generations. If the store has lost the serving generation, it builds
// another, or starts the worker that does. Without an outage it does nothing. With a queue, nobody needs to call it.
// After an error, call it again.
//
// Errors: [OutageError] if the store is still away; [UnknownProjectionError]; [UnknownFoldError] if this code lacks the
// fold of a generation; those of [Rebuilder.Reconcile].
func (r *Rebuilder) Recover(ctx context.Context, projection string) (Reconciled, error) {
	o, err := r.reopen(ctx, projection)
	if err != nil || o == nil {
		return Reconciled{}, err
	}
	found, err := r.reconcileAll(ctx, Job{Projection: projection, Recovers: true})
	if err != nil {
		return found, err
	}
	if err := r.close(ctx, projection, o); err != nil {
		return found, err
	}
	return found, r.replaceLost(ctx, projection)
}

// recoverByJobs is Recover that leaves the reconciliation to the queue.
func (r *Rebuilder) recoverByJobs(ctx context.Context, projection string) error {
	o, err := r.reopen(ctx, projection)
	if err != nil || o == nil {
		return err
	}
	if err := r.divide(ctx, Job{Projection: projection, Recovers: true}); err != nil {
		return err
	}
	if err := r.startReplacing(ctx, projection); err != nil {
		return err
	}
	return r.close(ctx, projection, o)
}

// recoverAll recovers each projection that has an outage, and adds up what that found. A store that is still away is
// no error. It also replaces serving generations that are lost. Both are parameters, so that functions that leave
// them to jobs and workers do not link a whole rebuild.
func (r *Rebuilder) recoverAll(
	ctx context.Context, one func(ctx context.Context, projection string) (Reconciled, error),
	replace func(ctx context.Context, projection string) error,
) (Reconciled, error) {
	var all Reconciled
	if !slices.ContainsFunc(r.engine.subscriptions, func(s Subscription) bool { return s.Apart }) {
		return all, nil
	}
	records, err := r.engine.Records(ctx)
	if err != nil {
		return all, err
	}
	var errs []error
	for i := range records {
		if records[i].Outage == nil {
			if records[i].Serving().Lost { // the worker that was to replace it may have failed
				errs = append(errs, replace(ctx, records[i].Projection))
			}
			continue
		}
		found, err := one(ctx, records[i].Projection)
		all.Add(found)
		if _, away := errors.AsType[*OutageError](err); !away {
			errs = append(errs, err)
		}
	}
	return all, errors.Join(errs...)
}

// doRecover runs the job of an outage. As long as the store is away, the job comes again.
func (r *Rebuilder) doRecover(ctx context.Context, j Job) error {
	_, record, err := r.engine.record(ctx, j.Projection)
	if _, unknown := errors.AsType[*UnknownProjectionError](err); unknown {
		return err
	}
	found := &Outage{Since: j.FailedSince}
	switch {
	case err != nil:
	case record.Outage == nil && r.engine.cfg.Now().Sub(j.FailedSince) < feedLag:
		// The process that found it is slow, and may still record it.
		return r.engine.leave(ctx, feedLag, j)
	case !found.is(record.Outage): // it has ended, or another one replaced it, which has a job of its own
		return nil
	default:
		err = r.recoverByJobs(ctx, j.Projection)
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	if _, away := errors.AsType[*OutageError](err); !away {
		// Not returned: a queue gives up a job that fails some times, and this one must not be lost.
		r.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "an outage can't be ended now: it is tried again",
			slog.String("projection", j.Projection), slog.String("error", err.Error()))
	}
	r.engine.observeAway(j.Projection, j.FailedSince)
	return r.engine.leave(ctx, askAgain, j)
}

// reopen makes batches feed a projection again if its store answers, and returns its outage, nil if there is none.
//
// Errors: [OutageError] if the store is away; those of the catalog.
func (r *Rebuilder) reopen(ctx context.Context, projection string) (*Outage, error) {
	sub, record, err := r.engine.record(ctx, projection)
	o := record.away()
	if err != nil || o == nil {
		return record.Outage, err
	}
	lost, err := probe(ctx, sub.View, &record)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		r.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "the store of a projection is still away",
			slog.String("projection", projection), slog.Time("since", o.Since), slog.String("error", err.Error()))
		return nil, &OutageError{projection, *o}
	}
	err = r.change(ctx, projection, func(next *Record) error {
		if !o.is(next.Outage) { // another process has ended it, or found a new one
			return ErrStale
		}
		recovering := *o
		recovering.Recovering = true
		next.Outage = &recovering
		next.lose(lost, r.engine.cfg.Now())
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "the store of a projection answers again: batches feed the projection, "+
		"and it is reconciled", slog.String("projection", projection), slog.Time("since", o.Since), slog.Any("lost", lost))
	return o, nil
}

// close removes an outage, unless a new one has replaced it.
func (r *Rebuilder) close(ctx context.Context, projection string, o *Outage) error {
	return r.change(ctx, projection, func(next *Record) error {
		if o.is(next.Outage) && next.Outage.Recovering {
			next.Outage = nil
		}
		return nil
	})
}
