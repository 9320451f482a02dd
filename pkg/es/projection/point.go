package projection

import (
	"context"
	"fmt"
	"log/slog"
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
// batch: it holds up nothing.
func (e *Engine) pointAll(ctx context.Context, records []Record) {
	for i := range records {
		sub, serving := e.subscription(records[i].Projection), records[i].Serving()
		if named, _ := e.pointed.Load(sub.name()); named == serving.Generation || !serving.readable(e.cfg.Now()) {
			continue
		}
		if err := e.point(ctx, sub, serving.Generation); err != nil {
			e.cfg.Log.LogAttrs(ctx, slog.LevelError, "the pointer of a view could not be moved",
				slog.String("projection", sub.name()), slog.Any("error", err))
		}
	}
}
