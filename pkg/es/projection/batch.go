package projection

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// How a commit is processed: a batch receives it (batch.go); the checkpoint of its stream is looked up (know.go); a
// plan says what one save does (plan.go); the save is made, for one stream or for several (save.go); the notifier is
// told (tell.go). A way (way.go) repeats this until the stream is done.

// Apply advances every projection by a batch of commits, and returns the streams that failed in a projection, each with
// its first error. A failed stream's commits must be delivered again; all others are done. A stream that can't be
// folded does not fail: it is parked. A stream that has failed for a while does not fail either, if there is a queue:
// it is left to the queue. If the store of a view apart is away, streams do not fail because of that projection: see
// [Outage]. If the commits concern no projection, Apply reads and writes nothing.
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
	targets = slices.DeleteFunc(targets, func(of []target) bool { return len(of) > 0 && of[0].outage != nil })
	for _, generations := range targets {
		hurry(generations)
	}
	// The projections of a suspect batch run one after the other. Otherwise two could be parked because of one.
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
	b.noteOutages(ctx)
	b.leaveOverdue(ctx)
	b.notify(ctx)
	return b.failed
}

// batch is a set of commits that are applied together.
type batch struct {
	*Engine
	delivered map[es.StreamID][]*es.Commit // sorted by version
	quiet     map[foldOf]bool              // no delivered commit concerns the fold
	slots     chan struct{}
	// retrySlots are the slots of projections that are retried from the queue, so that they do not hold up others.
	retrySlots chan struct{}
	// fresh means that a stream whose first commit was delivered most likely has no checkpoint yet, so checkpoints are
	// not read. If that is wrong, the condition of the save fails.
	fresh bool
	// spend waits until that many writes may be made. If nil, they are made at once.
	spend func(ctx context.Context, writes int) error

	// delivery means that the commits come from the event table's stream, where later records wait for them.
	delivery bool
	// suspect means that an earlier attempt to apply these commits may have ended the process.
	suspect bool

	mu       sync.Mutex
	failed   map[es.StreamID]error
	failedIn map[place]bool  // by projection and stream; the generation is 0
	overdue  map[place]error // to be left to the queue, by projection and stream
	away     map[place]error // the store was away, by projection and stream
	changes  []Change
}

func (e *Engine) newBatch(commits []es.Commit) *batch {
	b := &batch{
		Engine: e, delivered: map[es.StreamID][]*es.Commit{}, quiet: map[foldOf]bool{},
		slots: make(chan struct{}, e.cfg.Parallel), retrySlots: make(chan struct{}, e.cfg.Parallel),
		failed: map[es.StreamID]error{}, failedIn: map[place]bool{}, overdue: map[place]error{},
		away: map[place]error{},
	}
	for i := range commits {
		b.delivered[commits[i].Stream] = append(b.delivered[commits[i].Stream], &commits[i])
	}
	for _, delivered := range b.delivered {
		slices.SortStableFunc(delivered, func(a, b *es.Commit) int { return cmp.Compare(a.Version, b.Version) })
	}
	return b
}

// fail records that a projection can't advance a stream now. The stream then waits in the projection's other
// generations too: no generation may be ahead of one that readers may switch to.
func (b *batch) fail(t *target, stream es.StreamID, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := place{projection: t.sub.name(), stream: stream}
	b.failedIn[at] = true
	if isAway(err) {
		b.away[at] = err
		return
	}
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

// bring advances all streams in the generations of one projection, each stream in one generation after the other.
// Streams do not wait for each other, unless they are saved together.
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
	slices.SortFunc(streams, byName) // so that runs with one slot are reproducible
	known := make([]known, len(generations))
	var wg sync.WaitGroup
	for i := range generations {
		wg.Go(func() { known[i] = b.know(ctx, &generations[i], streams) })
	}
	wg.Wait()
	b.bringIn(ctx, generations, known, streams)
}

// bringIn advances streams in the first of the generations, and then each stream, as soon as it is done, in the others.
func (b *batch) bringIn(ctx context.Context, generations []target, all []known, streams []es.StreamID) {
	if len(generations) == 0 || len(streams) == 0 {
		return
	}
	t, known := &generations[0], all[0]
	next := func(streams ...es.StreamID) {
		// A stream that failed in this generation waits in the later ones too: they must not get ahead.
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

// work runs do in a slot, then releases the slot and runs next, which takes slots of its own.
func (b *batch) work(wg *sync.WaitGroup, t *target, do, next func()) {
	slots := b.slots
	if v, apart := t.sub.View.(*watched); apart {
		slots = v.slots
	} else if t.fold.retryFromQueue() {
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

// roomy grows the stack of a new goroutine once, while it is empty. Otherwise the stack grows four times on the way
// through the SDK and is copied each time, which took a tenth of a batch's processor time.
//
//go:noinline
func roomy() {
	var room [16 << 10]byte
	runtime.KeepAlive(&room)
}

// each calls do for all streams, several at once.
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

// postpone leaves streams to code that has the fold: a newer deployment has begun a generation whose fold this code
// lacks. Other projections continue.
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
