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
	// saveEvery is how much of a verification is done again at most where its process ends.
	saveEvery = 15 * time.Second
	// mostBehind is how many streams that are not level a walk remembers before it looks at them again.
	mostBehind = 1000
	// levelAttempts is how often streams are looked at again that were appended to just now, at growing intervals.
	levelAttempts = 8
	// healAttempt is after which of these looks they are brought level, where that is wanted: the projector has much to do.
	healAttempt = 2
	levelPause  = 50 * time.Millisecond
)

// settle makes findings of all that was seen up to a position, so that a walk can go on from there.
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

// compareMade looks for shared rows that the folds make and that are not there.
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

// compareBehind looks again at streams that were not level. The projector may be bringing them forward.
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

// look forgets those that are level now, or parked; at last, what is behind still is a difference.
func (w *walk) look(ctx context.Context, last bool) error {
	at, err := w.target.sub.View.Checkpoints(ctx, w.target.Generation, slices.Collect(maps.Keys(w.behind))...)
	if err != nil {
		return fmt.Errorf("checkpoints: %w", err)
	}
	for stream, version := range w.behind {
		switch cp := at[stream]; {
		case cp.Version >= version:
			w.out.Report.Streams++
		case cp.Parked != nil: // that is looked at in the end; who rolls back takes what could not be applied then, too
		case last:
			w.out.differ("%s is at version %d, and at %d by the events", stream, cp.Version, version)
		default:
			continue
		}
		delete(w.behind, stream)
	}
	return nil
}

// heal brings streams level that are not, unless the generation was given up: its rows are about to be dropped.
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
