package projection

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// Apply brings every projection forward with a batch of commits, and returns the streams with which a projection
// failed, each with its first error. A failed stream's commits must be delivered again; all others are done. A stream
// that can't be folded does not fail: it is parked. Nor does one that has failed for long, where there is a queue: it
// is left to that.
func (e *Engine) Apply(ctx context.Context, commits []es.Commit) map[es.StreamID]error {
	b := e.newBatch(commits)
	b.delivery = true
	targets, err := e.targets(ctx)
	if err != nil {
		for stream := range b.delivered {
			b.failed[stream] = err
		}
		return b.failed
	}
	// Projections of a suspect one after the other: else two could be parked for what one of them did.
	if b.suspect = e.suspicious(commits); b.suspect {
		for _, generations := range targets {
			b.bring(ctx, generations)
		}
	} else {
		var wg sync.WaitGroup
		for _, generations := range targets {
			wg.Go(func() { b.bring(ctx, generations) })
		}
		wg.Wait()
	}
	b.leaveOverdue(ctx)
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

	// delivery says that the commits come from the stream of the event table, behind which others wait.
	delivery bool
	// suspect says that an earlier attempt at them may have ended the process.
	suspect bool

	mu       sync.Mutex
	failed   map[es.StreamID]error
	failedIn map[place]bool  // in a projection, whatever the generation
	overdue  map[place]error // what is to be left to the queue
	changes  []Change
}

func (e *Engine) newBatch(commits []es.Commit) *batch {
	b := &batch{
		Engine: e, delivered: map[es.StreamID][]*es.Commit{},
		slots: make(chan struct{}, e.cfg.Parallel), aside: make(chan struct{}, e.cfg.Parallel),
		failed: map[es.StreamID]error{}, failedIn: map[place]bool{}, overdue: map[place]error{},
	}
	for i := range commits {
		b.delivered[commits[i].Stream] = append(b.delivered[commits[i].Stream], &commits[i])
	}
	for _, delivered := range b.delivered {
		slices.SortStableFunc(delivered, func(a, b *es.Commit) int { return cmp.Compare(a.Version, b.Version) })
	}
	return b
}

// fail notes that a projection can't bring a stream forward now. In its other generations the stream waits too: none
// is to be ahead of one that readers go over to.
func (b *batch) fail(t *target, stream es.StreamID, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := place{projection: t.sub.name(), stream: stream}
	b.failedIn[at] = true
	if b.isOverdue(stream) {
		b.overdue[at] = err
		return
	}
	if b.failed[stream] == nil {
		b.failed[stream] = err
	}
}

func byName(a, b es.StreamID) int {
	return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
}

// checkpoints returns what is known of the streams' checkpoints: from memory, else from the view, in few requests.
// What is in memory is not used where something would be missing between it and what was delivered: another process
// has most likely brought the stream forward, and a checkpoint costs less than the events.
func (b *batch) checkpoints(ctx context.Context, t *target, streams []es.StreamID) (map[es.StreamID]Checkpoint, error) {
	if t.fold == nil {
		return nil, nil
	}
	known := make(map[es.StreamID]Checkpoint, len(streams))
	var unknown []es.StreamID
	for _, stream := range streams {
		at, ok := b.remembered(t.place(stream))
		if ok && !t.sub.Inline && fits(at, b.delivered[stream]) { // commands move the inline ones most of the time
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

// forward brings a stream forward in as many steps as it takes.
func (b *batch) forward(ctx context.Context, c *cursor, delivered []*es.Commit) error {
	version := c.at.Version
	if err := b.Engine.forward(ctx, c, delivered, mode{suspect: b.suspect}); err != nil {
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
