package projection

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"
)

// The loss of a generation is an [Outage] with a consequence. A batch that meets it notes the outage. The recovery
// finds out which generations are lost, and marks them: they receive no events, and readers refuse them. If the
// serving generation is lost, another one is built from all events, verified, and swapped in, as in any rebuild. A
// lost generation is never filled again, because readers would take it for whole.

// canLose reports whether a view's store can lose generations.
func canLose(v View) bool {
	_, is := v.(Preparing)
	return is
}

// prepare makes a generation in a store that can lose it. Its time is short: a process that was halted during the
// call must not make a generation again that another process has registered since then, and that the store has lost.
//
// Errors: the view's.
func prepare(ctx context.Context, v View, g Generation) error {
	p, is := v.(Preparing)
	if !is {
		return nil
	}
	within, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	return p.Prepare(within, g)
}

// prepareFirst prepares the generation of a new projection. If that fails, the generation is lost from the start: other
// projections do not wait for its store.
func (e *Engine) prepareFirst(ctx context.Context, sub *Subscription, g Generation) {
	if err := prepare(ctx, sub.View, g); err != nil {
		e.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "the first generation of a projection could not be prepared",
			slog.String("projection", sub.name()), slog.Any("error", err))
	}
}

// probe asks the store of a view apart whether it answers, and returns the generations that it has lost.
//
// Errors: the view's.
func probe(ctx context.Context, v View, record *Record) (lost []Generation, err error) {
	for _, b := range record.Builds {
		if b.Lost || b.Status == Dropping || b.Status != Serving && !canLose(v) {
			continue
		}
		_, err := watch(v, 0, probeTime).Checkpoints(ctx, b.Generation, probed)
		switch {
		case errors.Is(err, ErrLost):
			lost = append(lost, b.Generation)
		case err != nil:
			return nil, err
		}
	}
	return lost, nil
}

// lose marks generations as lost. One that is being built is given up.
func (r *Record) lose(lost []Generation, now time.Time) {
	for i := range r.Builds {
		b := &r.Builds[i]
		if !slices.Contains(lost, b.Generation) {
			continue
		}
		b.Lost = true
		if b.Status == Building {
			b.become(Dropping, now)
		}
	}
}

// startReplacing has a worker build a generation if the serving one is lost.
//
// Errors: those of the catalog and the [Starter].
func (r *Rebuilder) startReplacing(ctx context.Context, projection string) error {
	sub, record, err := r.engine.record(ctx, projection)
	if err != nil || r.engine.cfg.Starter == nil {
		return err
	}
	return r.engine.upgrade(ctx, sub, record)
}

// replaceLost builds a generation if the serving one is lost: in this process, unless there are workers.
//
// Errors: those of [Rebuilder.Run], the catalog and the [Starter].
func (r *Rebuilder) replaceLost(ctx context.Context, projection string) error {
	if r.engine.cfg.Starter != nil {
		return r.startReplacing(ctx, projection)
	}
	_, record, err := r.engine.record(ctx, projection)
	if err != nil || !record.Serving().Lost {
		return err
	}
	_, _, err = r.Run(ctx, projection, nil)
	return err
}
