package projection

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/annals-es/annals/pkg/es"
)

// point makes the pointer of a projection's view name a generation, if the view has one.
//
// Errors: the view's.
func (e *Engine) point(ctx context.Context, sub *Subscription, g Generation) error {
	view, ok := sub.View.(Pointing)
	if !ok {
		return nil
	}
	if err := view.Point(ctx, g); err != nil {
		return fmt.Errorf("%s: let people read generation %d: %w", sub.name(), g, err)
	}
	e.pointed.Store(sub.name(), g)
	return nil
}

// pointAll repairs the pointers of views that do not name the serving generation, as far as this process knows: the first
// pointer, and one that another process left behind when it ended during a swap. A failure is repeated with the next
// batch. If the store is away, that is recorded, so that the next batch does not wait for it.
func (e *Engine) pointAll(ctx context.Context, records []Record) {
	for i := range records {
		r := &records[i]
		sub, serving := e.subscription(r.Projection), r.Serving()
		if named, _ := e.pointed.Load(sub.name()); named == serving.Generation || r.away() != nil || !serving.readable(e.cfg.Now()) {
			continue
		}
		within, cancel := context.WithTimeout(ctx, answerTime)
		err := e.point(within, sub, serving.Generation)
		cancel()
		if err == nil {
			continue
		}
		e.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "the pointer of a view could not be moved",
			slog.String("projection", sub.name()), slog.Any("error", err))
		if sub.Apart && ctx.Err() == nil && (errors.Is(err, es.ErrUnavailable) || within.Err() != nil) {
			if r.Outage, err = e.noteOutage(ctx, sub.name(), err); err != nil {
				e.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "an outage could not be recorded",
					slog.String("projection", sub.name()), slog.Any("error", err))
			}
		}
	}
}
