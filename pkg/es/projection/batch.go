package projection

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// Every commit goes the same way: it is received in a batch (batch.go); the checkpoint of its stream is looked up (know.go); a
// plan says what one save is to do (plan.go); the save is made, for one stream or for several (save.go); and who waits for
// it is told (tell.go). A way (way.go) does that again until nothing is left of the stream.

// Apply brings every projection forward with a batch of commits, and returns the streams with which a projection
// failed, each with its first error. A failed stream's commits must be delivered again; all others are done. A stream
// that can't be folded does not fail: it is parked. Nor does one that has failed for long, where there is a queue: it
// is left to that. If the commits concern no projection, it asks and writes nothing.
func (e *Engine) Apply(ctx context.Context, commits []es.Commit) map[es.StreamID]error {
	b := e.newBatch(commits)
	b.delivery = true
	if !b.sort() {
		return b.failed
	}
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
	quiet     map[foldOf]bool              // nothing that was delivered concerns the fold
	slots     chan struct{}
	// retrySlots are the slots of projections that are retried from the queue: they must not hold up others.
	retrySlots chan struct{}
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
		Engine: e, delivered: map[es.StreamID][]*es.Commit{}, quiet: map[foldOf]bool{},
		slots: make(chan struct{}, e.cfg.Parallel), retrySlots: make(chan struct{}, e.cfg.Parallel),
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

func (b *batch) hasFailedIn(t *target, stream es.StreamID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failedIn[place{projection: t.sub.name(), stream: stream}]
}

// bring brings all streams forward in the generations of one projection, each stream in one generation after the
// other. No stream waits for another one, but for those that are saved together.
func (b *batch) bring(ctx context.Context, generations []target) {
	if len(generations) == 0 {
		return
	}
	var streams []es.StreamID
	for stream := range b.delivered {
		if generations[0].sub.reads(stream.Type) {
			streams = append(streams, stream)
		}
	}
	slices.SortFunc(streams, byName) // one at a time, a batch is the same each time
	known := make([]known, len(generations))
	var wg sync.WaitGroup
	for i := range generations {
		wg.Go(func() { known[i] = b.know(ctx, &generations[i], streams) })
	}
	wg.Wait()
	b.bringIn(ctx, generations, known, streams)
}

// bringIn brings streams forward in the first of the generations, and then, each as soon as it can be, in the others.
func (b *batch) bringIn(ctx context.Context, generations []target, all []known, streams []es.StreamID) {
	if len(generations) == 0 || len(streams) == 0 {
		return
	}
	t, known := &generations[0], all[0]
	next := func(streams ...es.StreamID) {
		// Where it failed in a generation that is to be ahead of the next one, it waits in that, too.
		streams = slices.DeleteFunc(streams, func(s es.StreamID) bool { return b.hasFailedIn(t, s) })
		b.bringIn(ctx, generations[1:], all[1:], streams)
	}
	var quiet, concerned []es.StreamID
	for _, stream := range streams {
		if b.isQuiet(t, stream) {
			quiet = append(quiet, stream)
		} else {
			concerned = append(concerned, stream)
		}
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { next(quiet...) })
	switch {
	case t.fold == nil:
		b.postpone(ctx, t, concerned)
		next(concerned...)
		return
	case known.err != nil:
		for _, stream := range concerned {
			b.fail(t, stream, known.err)
		}
		return
	}
	alone, together := b.plan(ctx, t, concerned, known.at)
	for _, w := range alone {
		b.work(&wg, t, func() { w.run(ctx) }, func() { next(w.stream) })
	}
	for _, g := range groups(together, t.room().rows+1) {
		b.work(&wg, t, func() { b.saveGroup(ctx, t, g) }, func() { next(streamsOf(g)...) })
	}
}

// work does something in a slot, and what comes next after it, in slots of its own.
func (b *batch) work(wg *sync.WaitGroup, t *target, do, next func()) {
	slots := b.slots
	if t.fold.retryFromQueue() {
		slots = b.retrySlots
	}
	slots <- struct{}{}
	wg.Go(func() {
		roomy()
		do()
		<-slots
		next()
	})
}

// roomy has the stack of a new goroutine grow once, while there is nothing on it. Else it grows four times on the way
// through the SDK, and each time all that is on it is copied: that was a tenth of the processor time of a batch.
//
//go:noinline
func roomy() {
	var room [16 << 10]byte
	runtime.KeepAlive(&room)
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

// postpone leaves streams to code that has the fold: this code was started before a deployment that began a
// generation. Other projections go on.
func (b *batch) postpone(ctx context.Context, t *target, streams []es.StreamID) {
	if len(streams) == 0 {
		return
	}
	jobs := make([]Job, len(streams))
	for i, stream := range streams {
		jobs[i] = Job{Task: CatchUp, Projection: t.sub.name(), Stream: stream}
	}
	if err := b.leave(ctx, later, jobs...); err != nil {
		for _, stream := range streams {
			b.fail(t, stream, err)
		}
	}
}

func byName(a, b es.StreamID) int {
	return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
}
