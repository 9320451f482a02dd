package projection

import (
	"context"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// bring brings all streams forward in the generations of one projection, each stream in one generation after the
// other. No stream waits for another one, but for those that are written together.
func (b *batch) bring(ctx context.Context, generations []target) {
	if len(generations) == 0 {
		return
	}
	var streams []es.StreamID
	for stream := range b.delivered {
		if generations[0].sub.Projection.Reads(stream.Type) {
			streams = append(streams, stream)
		}
	}
	slices.SortFunc(streams, byName) // one at a time, a batch is the same each time
	known := make([]known, len(generations))
	var wg sync.WaitGroup
	for i := range generations {
		wg.Go(func() { known[i].at, known[i].err = b.checkpoints(ctx, &generations[i], streams) })
	}
	wg.Wait()
	b.bringIn(ctx, generations, known, streams)
}

// known is what is known of the checkpoints of a batch's streams in one generation.
type known struct {
	at  map[es.StreamID]Checkpoint
	err error // what was in the way of reading them
}

// bringIn brings streams forward in the first of the generations, and then, each as soon as it can be, in the others.
func (b *batch) bringIn(ctx context.Context, generations []target, known []known, streams []es.StreamID) {
	if len(generations) == 0 || len(streams) == 0 {
		return
	}
	t := &generations[0]
	next := func(streams ...es.StreamID) {
		// Where it failed in a generation that is to be ahead of the next one, it waits in that, too.
		streams = slices.DeleteFunc(streams, func(s es.StreamID) bool { return b.hasFailedIn(t, s) })
		b.bringIn(ctx, generations[1:], known[1:], streams)
	}
	switch {
	case t.fold == nil:
		b.postpone(ctx, t, streams)
		next(streams...)
		return
	case known[0].err != nil:
		for _, stream := range streams {
			b.fail(t, stream, known[0].err)
		}
		return
	}
	alone, together := b.plan(ctx, t, streams, known[0].at)
	var wg sync.WaitGroup
	for _, a := range alone {
		b.work(&wg, t, func() { b.saveAlone(ctx, a) }, func() { next(a.stream) })
	}
	for _, g := range groups(together, t.sub.View.MaxWrites()) {
		b.work(&wg, t, func() { b.saveGroup(ctx, t, g) }, func() { next(g.streams()...) })
	}
	wg.Wait()
}

// work does something in a slot, and what comes next after it, in slots of its own.
func (b *batch) work(wg *sync.WaitGroup, t *target, do, next func()) {
	slots := b.slots
	if t.fold.retryFromQueue() {
		slots = b.aside
	}
	slots <- struct{}{}
	wg.Go(func() {
		do()
		<-slots
		next()
	})
}

// each does something with all streams, some at once.
func (b *batch) each(t *target, streams []es.StreamID, do func(es.StreamID) error) {
	var wg sync.WaitGroup
	for _, stream := range streams {
		b.work(&wg, t, func() {
			if err := do(stream); err != nil {
				b.fail(t, stream, err)
			}
		}, func() {})
	}
	wg.Wait()
}

func (b *batch) hasFailedIn(t *target, stream es.StreamID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failedIn[place{projection: t.sub.name(), stream: stream}]
}
