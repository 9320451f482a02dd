package projection

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// pointed is what this process knows of the pointer of a view: the generation that it names, and when that was found. A
// pointer that could not be moved has generation 0.
type pointed struct {
	generation Generation
	at         time.Time
}

// pointedFor is how long a process trusts what it knows of a pointer. Another process that was slow may have moved it.
const pointedFor = time.Minute

// point makes the pointer of a projection's view name a generation, if the view has one. A view that has none, and
// can lose generations, is asked for this one.
//
// Errors: the view's.
func (e *Engine) point(ctx context.Context, sub *Subscription, g Generation) error {
	var err error
	switch view := sub.View.(type) {
	case Pointing:
		err = view.Point(ctx, g)
	case Preparing: // has it lost the generation? Otherwise only an event of this projection would show that
		_, err = view.Checkpoints(ctx, g, probed)
	default:
		return nil
	}
	if err != nil {
		err = fmt.Errorf("%s: let people read generation %d: %w", sub.name(), g, err)
		g = 0
	}
	e.pointed.Store(sub.name(), pointed{g, e.cfg.Now()})
	return err
}

// pointAll moves the pointers of views to the serving generations: the first time, when another process ended in the
// middle of a swap, and when one that knew of no swap moved the pointer back. A failure is logged, and repeated after a
// while. If the store is away, or has lost the generation, that is recorded, so that batches do not wait for it.
func (e *Engine) pointAll(ctx context.Context, records []Record) {
	for i := range records {
		r := &records[i]
		sub := e.subscription(r.Projection)
		_, points := sub.View.(Pointing)
		if !points && !canLose(sub.View) || r.away() != nil || !r.Serving().readable(e.cfg.Now()) {
			continue
		}
		known, _ := e.pointed.Load(r.Projection)
		last, _ := known.(pointed)
		fresh := e.cfg.Now().Before(last.at.Add(pointedFor))
		if fresh && (last.generation == 0 || last.generation == r.Serving().Generation) {
			continue
		}
		e.pointOne(ctx, sub, r)
	}
}

// pointOne moves one pointer. It reads the record again afterwards: a swap by another process may have come between.
func (e *Engine) pointOne(ctx context.Context, sub *Subscription, r *Record) {
	within, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	err := e.point(within, sub, r.Serving().Generation)
	if err == nil {
		var records map[string]Record
		if records, err = e.catalog.Records(within); err == nil {
			if now, there := records[r.Projection]; there && now.Serving().Generation != r.Serving().Generation {
				err = e.point(within, sub, now.Serving().Generation)
			}
		}
	}
	if err == nil {
		return
	}
	e.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "the pointer of a view could not be moved",
		slog.String("projection", sub.name()), slog.Any("error", err))
	if !sub.Apart || ctx.Err() != nil || !errors.Is(err, es.ErrUnavailable) && !errors.Is(err, ErrLost) && within.Err() == nil {
		return
	}
	if r.Outage, err = e.noteOutage(ctx, sub.name(), err); err != nil {
		e.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "an outage could not be recorded",
			slog.String("projection", sub.name()), slog.Any("error", err))
	}
}
