package projection

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/annals-es/annals/pkg/es"
)

const (
	// pageEvents is how many events are folded into one save at most.
	pageEvents = 500
	// staleAttempts is how often a stream is started again because somebody else is bringing it forward too.
	staleAttempts = 10
)

// forward brings one projection forward with the commits delivered of one stream, which are sorted by version.
func (e *Engine) forward(ctx context.Context, sub Subscription, stream es.StreamID, delivered []*es.Commit) error {
	var err error
	for range staleAttempts {
		c := cursor{sub: sub, stream: stream}
		if c.at, err = sub.View.Checkpoint(ctx, sub.Generation, stream); err != nil {
			return fmt.Errorf("projection %s: checkpoint of %s: %w", sub.Projection.Name(), stream, err)
		}
		if err = c.apply(ctx, deliveredFrom(delivered, c.at.Version, e.tail(ctx, stream))); !errors.Is(err, ErrStale) {
			return err
		}
	}
	return fmt.Errorf("projection %s: %s: %w", sub.Projection.Name(), stream, err)
}

// tail reads a stream from the store, from the commit that contains a version.
func (e *Engine) tail(ctx context.Context, stream es.StreamID) func(from int64) iter.Seq2[es.Commit, error] {
	return func(from int64) iter.Seq2[es.Commit, error] { return e.store.Read(ctx, stream, es.Range{From: from}) }
}

// deliveredFrom yields what was delivered beyond a version. Where something is missing, it goes on with the stream's tail
// from the store, to its end.
func deliveredFrom(
	delivered []*es.Commit, version int64, tail func(from int64) iter.Seq2[es.Commit, error],
) iter.Seq2[*es.Commit, error] {
	return func(yield func(*es.Commit, error) bool) {
		for _, c := range delivered {
			switch {
			case c.LastVersion() <= version: // done
				continue
			case c.Version > version+1: // a gap
				for c, err := range tail(version + 1) {
					if !yield(&c, err) || err != nil {
						return
					}
				}
				return
			}
			if !yield(c, nil) {
				return
			}
			version = c.LastVersion()
		}
	}
}

// cursor brings one projection forward along one stream.
type cursor struct {
	sub    Subscription
	stream es.StreamID
	at     Checkpoint
}

// apply folds commits, a page at a time, into as few saves as they fit into.
func (c *cursor) apply(ctx context.Context, commits iter.Seq2[*es.Commit, error]) error {
	var page []step
	for commit, err := range commits {
		if err != nil {
			return fmt.Errorf("projection %s: backfill: %w", c.sub.Projection.Name(), err)
		}
		for i := range commit.Events {
			if s := (step{commit, i}); s.version() > c.at.Version {
				page = append(page, s)
			}
		}
		if len(page) >= pageEvents {
			if err := c.save(ctx, page); err != nil {
				return err
			}
			page = page[:0]
		}
	}
	return c.save(ctx, page)
}

// save folds events into one save. Where their rows don't fit into one, it takes fewer events; where those of a single
// event don't, it writes them in parts, and the checkpoint counts them.
func (c *cursor) save(ctx context.Context, steps []step) error {
	if len(steps) == 0 {
		return nil
	}
	state, w, err := c.sub.Projection.fold(c.at.State, steps)
	if err != nil {
		return err
	}
	last := steps[len(steps)-1]
	next := Checkpoint{Version: last.version(), Hash: last.commit.Hash, State: state}
	rows, most := w.list[min(c.at.Done, len(w.list)):], c.sub.View.MaxRows()
	switch {
	case len(rows) > most && len(steps) > 1, c.at.Done > 0 && len(steps) > 1:
		half := len(steps) / 2
		if c.at.Done > 0 {
			half = 1 // the event that is half done, alone
		}
		if err := c.save(ctx, steps[:half]); err != nil {
			return err
		}
		return c.save(ctx, steps[half:])
	case len(rows) > most:
		part := c.at
		part.Done += most
		if err := c.store(ctx, part, rows[:most]); err != nil {
			return err
		}
		return c.save(ctx, steps)
	}
	return c.store(ctx, next, rows)
}

func (c *cursor) store(ctx context.Context, next Checkpoint, rows []Write) error {
	if err := c.sub.View.Save(ctx, c.sub.Generation, c.stream, c.at, next, rows); err != nil {
		return fmt.Errorf("projection %s: save %s@%d: %w", c.sub.Projection.Name(), c.stream, next.Version, err)
	}
	c.at = next
	return nil
}
