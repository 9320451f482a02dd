package projection

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// advance is what brings a stream forward in one generation.
type advance struct {
	*cursor

	// once says that one save does it: Move and rows, or none if the move leads nowhere. Otherwise it takes more:
	// something is missing, too much is there, or it is a reaction, which is not to react before it can store that it
	// did.
	once bool
	CheckpointUpdate
	rows []Write
}

// plan finds out what brings streams forward: it folds what was delivered onto what is known, and asks nobody. Streams
// that write to shared rows may be written together.
func (b *batch) plan(
	ctx context.Context, t *target, streams []es.StreamID, known map[es.StreamID]Checkpoint,
) (alone, together []*advance) {
	all := make([]*advance, len(streams))
	var wg sync.WaitGroup
	for i, stream := range streams {
		wg.Go(func() { all[i] = b.planOne(ctx, t, stream, known[stream]) })
	}
	wg.Wait()
	for _, a := range all {
		if a.once && slices.ContainsFunc(a.rows, func(w Write) bool { return w.Kind == Add }) {
			together = append(together, a)
		} else {
			alone = append(alone, a)
		}
	}
	return alone, together
}

func (b *batch) planOne(ctx context.Context, t *target, stream es.StreamID, at Checkpoint) *advance {
	a := &advance{cursor: b.cursor(t, stream, at), CheckpointUpdate: CheckpointUpdate{stream, at, at}}
	steps, whole := a.steps(b.delivered[stream])
	switch {
	case b.suspect, !whole, !t.fold.rebuilds() && len(steps) > 0:
		return a
	case len(steps) == 0:
		a.once = true
		return a
	}
	next, rows, err := a.fold(ctx, steps)
	if err == nil && len(rows) < t.sub.View.MaxWrites() {
		a.once, a.Next, a.rows = true, next, rows
	}
	return a
}

func (b *batch) cursor(t *target, stream es.StreamID, at Checkpoint) *cursor {
	return &cursor{engine: b.Engine, target: t, stream: stream, at: at, spend: b.spend}
}

// saveAlone writes what a stream does by itself.
func (b *batch) saveAlone(ctx context.Context, a *advance) {
	if err := b.advance(ctx, a); err != nil {
		b.fail(a.target, a.stream, err)
	}
}

func (b *batch) advance(ctx context.Context, a *advance) error {
	c := a.cursor
	switch {
	case a.once && a.Next.Version == a.Prev.Version:
		if a.target.sub.Inline { // it was stored with its commit, which nobody was told of
			b.changed(c)
		}
		return nil
	case a.once:
		switch err := c.store(ctx, a.Next, a.rows); {
		case err == nil:
			b.changed(c)
			return nil
		case errors.Is(err, ErrStale): // the same again would be refused again
			if err := b.reload(ctx, c, 0); err != nil {
				return err
			}
		case !errors.Is(err, ErrTooLarge):
			return err
		}
	}
	return b.forward(ctx, c, b.delivered[a.stream])
}
