package projection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Apply brings every projection forward with a batch of commits, and returns the streams with which a projection failed,
// each with its first error. A failed stream's commits must be delivered again; all others are done. A stream that can't be
// folded does not fail: it is parked.
func (e *Engine) Apply(ctx context.Context, commits []es.Commit) map[es.StreamID]error {
	b := e.newBatch(commits)
	targets, err := e.targets(ctx)
	if err != nil {
		for stream := range b.delivered {
			b.failed[stream] = err
		}
		return b.failed
	}
	var wg sync.WaitGroup
	for _, generations := range targets {
		wg.Go(func() {
			for i := range generations {
				b.bring(ctx, &generations[i])
			}
		})
	}
	wg.Wait()
	b.notify(ctx)
	return b.failed
}

// batch is what is brought forward at once.
type batch struct {
	*Engine
	delivered map[es.StreamID][]*es.Commit // sorted by version
	slots     chan struct{}
	// aside are the slots of what must not hold up others.
	aside chan struct{}
	// fresh says that streams whose first commit was delivered are most likely not there yet: their checkpoints are not
	// read. A failed condition tells where that is wrong.
	fresh bool
	// spend waits until so many writes may be made. nil = at once.
	spend func(ctx context.Context, writes int) error

	mu       sync.Mutex
	failed   map[es.StreamID]error
	failedIn map[place]bool // in a projection, whatever the generation
	changes  []Change
}

func (e *Engine) newBatch(commits []es.Commit) *batch {
	b := &batch{
		Engine: e, delivered: map[es.StreamID][]*es.Commit{}, slots: make(chan struct{}, e.cfg.Parallel), aside: make(chan struct{}, e.cfg.Parallel),
		failed: map[es.StreamID]error{}, failedIn: map[place]bool{},
	}
	for i := range commits {
		b.delivered[commits[i].Stream] = append(b.delivered[commits[i].Stream], &commits[i])
	}
	for _, delivered := range b.delivered {
		slices.SortStableFunc(delivered, func(a, b *es.Commit) int { return cmp.Compare(a.Version, b.Version) })
	}
	return b
}

func (b *batch) fail(t *target, stream es.StreamID, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed[stream] == nil {
		b.failed[stream] = err
	}
	b.failedIn[place{projection: t.sub.name(), stream: stream}] = true
}

// bring brings all streams forward in one target: first each by itself; then those whose rows are shared, many to a write.
func (b *batch) bring(ctx context.Context, t *target) {
	var streams []es.StreamID
	for stream := range b.delivered {
		// Where it failed in a generation that is to be ahead of this one, it waits here, too.
		if t.sub.Projection.Reads(stream.Type) && !b.failedIn[place{projection: t.sub.name(), stream: stream}] {
			streams = append(streams, stream)
		}
	}
	slices.SortFunc(streams, byName) // one at a time, a batch is the same each time
	if t.fold == nil {
		b.postpone(ctx, t, streams)
		return
	}
	known, err := b.checkpoints(ctx, t, streams)
	if err != nil {
		for _, stream := range streams {
			b.fail(t, stream, err)
		}
		return
	}
	var (
		mu     sync.Mutex
		shared []*advance
	)
	b.each(t, streams, func(stream es.StreamID) error {
		a, err := b.advance(ctx, t, stream, known[stream])
		if a != nil {
			mu.Lock()
			defer mu.Unlock()
			shared = append(shared, a)
		}
		return err
	})
	b.saveShared(ctx, t, shared)
}

func byName(a, b es.StreamID) int {
	return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
}

// each does something with all streams, some at once.
func (b *batch) each(t *target, streams []es.StreamID, do func(es.StreamID) error) {
	var wg sync.WaitGroup
	slots := b.slots
	if t.fold.aside() {
		slots = b.aside
	}
	for _, stream := range streams {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := do(stream); err != nil {
				b.fail(t, stream, err)
			}
		})
	}
	wg.Wait()
}

// checkpoints returns what is known of the streams' checkpoints: from memory, else from the view, in few requests.
func (b *batch) checkpoints(ctx context.Context, t *target, streams []es.StreamID) (map[es.StreamID]Checkpoint, error) {
	known := make(map[es.StreamID]Checkpoint, len(streams))
	var unknown []es.StreamID
	for _, stream := range streams {
		at, ok := b.remembered(t.place(stream))
		if t.fold.aside() && at.Version+1 < b.delivered[stream][0].Version { // others have most likely told of what lies between
			ok = false
		}
		if ok && !t.sub.Inline { // commands move it most of the time
			known[stream] = at
		} else if !b.fresh || b.delivered[stream][0].Version > 1 {
			unknown = append(unknown, stream)
		}
	}
	if len(unknown) == 0 {
		return known, nil
	}
	read, err := t.sub.View.Checkpoints(ctx, t.Generation, unknown...)
	if err != nil {
		return nil, fmt.Errorf("%s: checkpoints: %w", t, err)
	}
	for stream, at := range read {
		known[stream] = at
	}
	return known, nil
}

// advance is a stream's step forward that is ready to be written.
type advance struct {
	Move
	rows     []Write
	recorded time.Time // the last commit was
}

// advance brings a stream forward. Where rows are shared, it returns what is to be written, which may be written together
// with what other streams write.
func (b *batch) advance(ctx context.Context, t *target, stream es.StreamID, at Checkpoint) (*advance, error) {
	c := &cursor{engine: b.Engine, target: t, stream: stream, at: at, spend: b.spend}
	delivered := b.delivered[stream]
	steps, whole := c.steps(delivered)
	if !whole || !t.fold.rebuilds() && len(steps) > 0 { // what a reaction does is not to be done twice
		return nil, b.forward(ctx, c, delivered)
	}
	if len(steps) == 0 {
		if t.sub.Inline { // it was stored with its commit, which nobody was told of
			b.changed(c)
		}
		return nil, nil
	}
	next, rows, err := c.fold(ctx, steps)
	if err != nil || len(rows) >= t.sub.View.MaxWrites() {
		return nil, b.forward(ctx, c, delivered)
	}
	if slices.ContainsFunc(rows, func(w Write) bool { return w.Kind == Add }) {
		return &advance{Move{stream, at, next}, rows, c.recorded}, nil
	}
	switch err := c.store(ctx, next, rows); {
	case err == nil:
		b.changed(c)
		return nil, nil
	case errors.Is(err, ErrStale): // the same again would be refused again
		if err := b.reload(ctx, c, 0); err != nil {
			return nil, err
		}
	case !errors.Is(err, ErrTooLarge):
		return nil, err
	}
	return nil, b.forward(ctx, c, delivered)
}

// forward brings a stream forward in as many steps as it takes.
func (b *batch) forward(ctx context.Context, c *cursor, delivered []*es.Commit) error {
	version := c.at.Version
	if err := b.Engine.forward(ctx, c, delivered, delivery); err != nil {
		return err
	}
	if c.at.Version > version {
		b.changed(c)
	}
	return nil
}

// notify tells the notifier what was kept for it.
func (b *batch) notify(ctx context.Context) {
	if b.cfg.Notifier != nil && len(b.changes) > 0 {
		b.cfg.Notifier.Notify(ctx, b.changes)
	}
}

// changed keeps what the notifier is to be told.
func (b *batch) changed(c *cursor) {
	if b.cfg.Notifier == nil || c.target.Status != Serving {
		return
	}
	change := Change{
		Projection: c.target.sub.name(), Stream: c.stream, Version: c.at.Version, Owner: c.at.Owner,
		Topics: c.target.fold.topics(c.at.State),
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes = append(b.changes, change)
}
