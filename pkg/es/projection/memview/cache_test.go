package memview_test

import (
	"context"
	"iter"
	"sync"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// cache is a view in memory that can lose what it holds.
type cache struct {
	*memview.View
	mu  sync.RWMutex // held for reading during each call, so that a loss is not in the middle of one
	has map[projection.Generation]bool
}

// Prepare implements [projection.Preparing].
func (c *cache) Prepare(_ context.Context, g projection.Generation) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.has[g] = true
	return nil
}

// Lose implements [viewtest.Losing].
func (c *cache) Lose(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.View, c.has = memview.New(), map[projection.Generation]bool{}
	return nil
}

func (c *cache) Drop(ctx context.Context, g projection.Generation) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() == nil {
		delete(c.has, g)
	}
	return c.View.Drop(ctx, g)
}

// within makes a call if the cache has the generation.
func (c *cache) within(ctx context.Context, g projection.Generation, do func() error) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case !c.has[g]:
		return projection.ErrLost
	}
	return do()
}

func (c *cache) Checkpoints(
	ctx context.Context, g projection.Generation, streams ...es.StreamID,
) (at map[es.StreamID]projection.Checkpoint, err error) {
	err = c.within(ctx, g, func() (err error) {
		at, err = c.View.Checkpoints(ctx, g, streams...)
		return err
	})
	return at, err
}

func (c *cache) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	return c.within(ctx, g, func() error { return c.View.Save(ctx, g, moves, rows) })
}

func (c *cache) Append(ctx context.Context, g projection.Generation, rows ...projection.AppendRow) error {
	return c.within(ctx, g, func() error { return c.View.Append(ctx, g, rows...) })
}

func (c *cache) Park(
	ctx context.Context, g projection.Generation, stream es.StreamID, prev projection.Checkpoint, p projection.Parked,
) error {
	return c.within(ctx, g, func() error { return c.View.Park(ctx, g, stream, prev, p) })
}

func (c *cache) Seen(ctx context.Context, g projection.Generation, stream es.StreamID, version int64) error {
	return c.within(ctx, g, func() error { return c.View.Seen(ctx, g, stream, version) })
}

func (c *cache) Rows(
	ctx context.Context, g projection.Generation, keys ...projection.RowKey,
) (rows map[projection.RowKey]projection.Row, err error) {
	err = c.within(ctx, g, func() (err error) {
		rows, err = c.View.Rows(ctx, g, keys...)
		return err
	})
	return rows, err
}

func (c *cache) Parked(ctx context.Context, g projection.Generation) iter.Seq2[projection.ParkedStream, error] {
	return sequence(ctx, c, g, func() iter.Seq2[projection.ParkedStream, error] { return c.View.Parked(ctx, g) })
}

func (c *cache) Keys(ctx context.Context, g projection.Generation) iter.Seq2[projection.RowKey, error] {
	return sequence(ctx, c, g, func() iter.Seq2[projection.RowKey, error] { return c.View.Keys(ctx, g) })
}

func (c *cache) List(
	ctx context.Context, g projection.Generation, l projection.Listing,
) iter.Seq2[projection.Listed, error] {
	return sequence(ctx, c, g, func() iter.Seq2[projection.Listed, error] { return c.View.List(ctx, g, l) })
}

// sequence yields elements if the cache has the generation.
func sequence[T any](
	ctx context.Context, c *cache, g projection.Generation, all func() iter.Seq2[T, error],
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var found iter.Seq2[T, error]
		err := c.within(ctx, g, func() error {
			found = all()
			return nil
		})
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		found(yield)
	}
}
