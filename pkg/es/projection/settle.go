package projection

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

const (
	// saveEvery is how often a verification saves its progress: an interruption loses no more than that.
	saveEvery = 15 * time.Second
	// mostBehind is how many streams that are behind a walk collects before it looks at them again.
	mostBehind = 1000
	// levelAttempts is how often streams that are behind are looked at again, at growing intervals.
	levelAttempts = 8
	// healAttempt is after which of these looks they are caught up, if that is wanted: the projector may be overloaded.
	healAttempt = 2
	levelPause  = 50 * time.Millisecond
)

// settle compares everything collected up to a position, so that a walk can continue from there.
func (w *walk) settle(ctx context.Context, at es.Position) error {
	if err := w.compareMade(ctx); err != nil {
		return err
	}
	if err := w.compareBehind(ctx); err != nil {
		return err
	}
	w.out.Position, w.out.Stream, w.out.Version = at, es.StreamID{}, 0
	if w.following {
		w.out.Stream, w.out.Version = w.stream, w.last
	}
	return nil
}

// compareMade looks for shared rows that the folds make and that are not stored.
func (w *walk) compareMade(ctx context.Context) error {
	if len(w.made.names) == 0 {
		return nil
	}
	var keys []RowKey
	for name := range w.made.names {
		keys = append(keys, w.madeAt[name])
	}
	rows, err := w.target.sub.View.Rows(ctx, w.target.Generation, keys...)
	if err != nil {
		return fmt.Errorf("rows: %w", err)
	}
	for _, key := range keys {
		if _, there := rows[key]; !there {
			w.out.differ("counters %s|%s are missing", key.Partition, key.Sort)
		}
	}
	w.made, w.madeAt = smallest{most: w.made.most}, map[string]RowKey{}
	return nil
}

// compareBehind looks again at streams that were behind. The projector may be advancing them.
func (w *walk) compareBehind(ctx context.Context) error {
	for attempt := 0; len(w.behind) > 0; attempt++ {
		if err := w.look(ctx, attempt == levelAttempts); err != nil || len(w.behind) == 0 {
			return err
		}
		if w.heals && attempt == healAttempt {
			if err := w.heal(ctx); err != nil {
				return err
			}
		}
		if err := sleep(ctx, levelPause<<min(attempt, 5)); err != nil {
			return err
		}
	}
	return nil
}

// look removes the streams that are up to date now, or parked. At the last look, a stream that is still behind is a
// difference.
func (w *walk) look(ctx context.Context, last bool) error {
	at, err := w.target.sub.View.Checkpoints(ctx, w.target.Generation, slices.Collect(maps.Keys(w.behind))...)
	if err != nil {
		return fmt.Errorf("checkpoints: %w", err)
	}
	for stream, version := range w.behind {
		switch cp := at[stream]; {
		case cp.Version >= version:
			w.out.Report.Streams++
		case cp.Parked != nil: // compareParked looks at these later; a rollback includes parked streams
		case last:
			w.out.differ("%s is at version %d, expected %d", stream, cp.Version, version)
		default:
			continue
		}
		delete(w.behind, stream)
	}
	return nil
}

// heal catches up the streams that are behind, unless the generation was given up and its rows are about to be dropped.
func (w *walk) heal(ctx context.Context) error {
	r := w.rebuilder
	if _, err := r.target(ctx, w.target.sub.name(), w.target.Generation); err != nil {
		return err
	}
	b := r.engine.newBatch(nil)
	b.spend = r.pace.spend
	b.each(w.target, slices.Collect(maps.Keys(w.behind)), func(stream es.StreamID) error {
		return b.level(ctx, w.target, stream, mode{level: true})
	})
	var errs []error
	for _, err := range b.failed {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
