package projection

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// ReconcileConfig adjusts reconciliations. The zero value takes the defaults.
type ReconcileConfig struct {
	// Segments is the number of parts that the streams are divided into, one job each. Default 4: a queue that runs
	// five jobs at once then has room for jobs that a client waits for.
	Segments int
	// UnitsPerSecond limits the read units that one segment takes from the event store. Default 500, which are 4 MB a
	// second. Negative = no limit.
	UnitsPerSecond float64
	// MinAge is the least age of a stream's last commit. Streams with a younger one are skipped: that commit may still
	// be on its way. Default 1 minute. If negative, all streams are compared.
	MinAge time.Duration
	// Observe is called with the result of each job. If nil, it is not called.
	Observe func(ReconciledPart)
}

// ReconciledPart is the result of one job of a reconciliation.
type ReconciledPart struct {
	Reconciled
	// Ended is true if the segment is done. Otherwise another job continues with it.
	Ended bool
}

func (c ReconcileConfig) withDefaults() ReconcileConfig {
	if c.Segments == 0 {
		c.Segments = 4
	}
	if c.UnitsPerSecond == 0 {
		c.UnitsPerSecond = 500
	}
	if c.MinAge == 0 {
		c.MinAge = time.Minute
	}
	c.UnitsPerSecond = max(c.UnitsPerSecond, 0)
	if c.Observe == nil {
		c.Observe = func(ReconciledPart) {}
	}
	return c
}

// Check returns an error if a value is out of range.
func (c ReconcileConfig) Check() error {
	if c.Segments < 0 {
		return fmt.Errorf("projection.ReconcileConfig: Segments (%d) must not be negative", c.Segments)
	}
	return nil
}

// Reconciled counts the results of a reconciliation.
type Reconciled struct {
	// Streams is how many streams were compared.
	Streams int `json:"streams"`
	// Healed is how many checkpoints were behind their stream and were caught up. Parked is how many belong to parked
	// streams.
	Healed int `json:"healed"`
	Parked int `json:"parked"`
	// Left is how many are still behind: the context was about to end, or other processes kept advancing the streams.
	Left int `json:"left,omitempty"`
	// Unreadable is how many items of the event store can't be read. If such an item names a stream, that stream is
	// parked.
	Unreadable int `json:"unreadable,omitempty"`
	// Units are the read units that were taken from the event store.
	Units float64 `json:"units"`
}

// Add adds what another part of a reconciliation found.
func (r *Reconciled) Add(other Reconciled) {
	r.Streams += other.Streams
	r.Healed += other.Healed
	r.Parked += other.Parked
	r.Left += other.Left
	r.Unreadable += other.Unreadable
	r.Units += other.Units
}

// Reconcile compares the heads of all streams with the checkpoints of all projections, and catches up streams that are
// behind: it repairs what was never delivered, for whatever reason. It compares all generations that are filled. For a
// reaction, only events count that were recorded since it exists: see [FromHandler]. It first ends each [Outage] whose
// store answers again, and leaves out projections whose store is away.
//
// Errors: the first error of the store, the view or the catalog. What was done before stays done.
func (r *Rebuilder) Reconcile(ctx context.Context) (Reconciled, error) {
	healed, err := r.recoverAll(ctx, r.Recover, r.replaceLost)
	if err != nil {
		return healed, err
	}
	all, err := r.reconcileAll(ctx, Job{})
	all.Healed += healed.Healed
	all.Units += healed.Units
	return all, err
}

// reconcileAll runs a job in all segments, in this process.
func (r *Rebuilder) reconcileAll(ctx context.Context, j Job) (Reconciled, error) {
	var (
		all  Reconciled
		mu   sync.Mutex
		wg   sync.WaitGroup
		n    = r.cfg.Reconcile.Segments
		errs = make([]error, n)
	)
	for i := range n {
		part := j
		part.Segment, part.Of = i, n
		wg.Go(func() {
			var found Reconciled
			_, found, errs[i] = r.reconcile(ctx, part, part.projections()...)
			mu.Lock()
			defer mu.Unlock()
			all.Add(found)
		})
	}
	wg.Wait()
	return all, errors.Join(errs...)
}

// maxSegments is the largest number of segments that a caller may divide the streams into.
const maxSegments = 1000

// ReconcileSegment reconciles one of the segments into which the streams are divided, from a position on, in the named
// projections or, if none is named, in all. It returns the position to continue from: [es.End] at the segment's end. It
// returns before its context ends. A page that it could not complete by then is not passed: the position is before it.
//
// Errors: those of [Rebuilder.Reconcile]; [UnknownProjectionError]; [OutageError] if the store of a named projection is
// away; one that names a segment that does not exist.
func (r *Rebuilder) ReconcileSegment(
	ctx context.Context, segment, of int, from es.Position, projections ...string,
) (es.Position, Reconciled, error) {
	if of > maxSegments {
		return from, Reconciled{}, fmt.Errorf("reconcile: %d segments: want at most %d", of, maxSegments)
	}
	if err := r.engine.known(projections); err != nil {
		return from, Reconciled{}, err
	}
	at, found, err := r.reconcile(ctx, Job{Segment: segment, Of: of, Position: from}, projections...)
	if errors.Is(err, ErrUnfinished) {
		err = nil
	}
	return at, found, err
}

// doReconcile runs the job of a segment, or enqueues one job for each segment. It also ends outages whose own job was
// lost.
func (r *Rebuilder) doReconcile(ctx context.Context, j Job) error {
	if j.Of == 0 {
		_, err := r.recoverAll(ctx, func(ctx context.Context, name string) (Reconciled, error) {
			return Reconciled{}, r.recoverByJobs(ctx, name)
		}, r.startReplacing)
		return errors.Join(err, r.divide(ctx, j))
	}
	at, found, err := r.reconcile(ctx, j, j.projections()...)
	if !j.Recovers { // which is no part of a reconciliation of all projections
		r.cfg.Reconcile.Observe(ReconciledPart{Reconciled: found, Ended: at == es.End})
	}
	r.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "reconciled", slog.String("projection", j.Projection),
		slog.Int("segment", j.Segment), slog.Int("of", j.Of), slog.Bool("end", at == es.End),
		slog.Int("streams", found.Streams), slog.Int("healed", found.Healed), slog.Int("parked", found.Parked),
		slog.Int("left", found.Left),
		slog.Int("unreadable", found.Unreadable), slog.Float64("units", found.Units))
	_, isOut := errors.AsType[*OutageError](err)
	_, isNewer := errors.AsType[*UnknownFoldError](err)
	switch {
	case errors.Is(err, ErrUnfinished):
		j.Position, j.Suspect = at, false // a new job: it has not ended a process yet
		return r.engine.leave(ctx, 0, j)
	case isOut: // the recovery from the outage begins with all streams again
		return nil
	case isNewer: // newer code recovers all generations
		return r.engine.leave(ctx, later, j)
	}
	return err
}

// divide enqueues one job for each segment.
func (r *Rebuilder) divide(ctx context.Context, j Job) error {
	jobs := make([]Job, r.cfg.Reconcile.Segments)
	for i := range jobs {
		jobs[i] = Job{Task: Reconcile, Projection: j.Projection, Recovers: j.Recovers, Segment: i, Of: len(jobs)}
	}
	return r.engine.leave(ctx, 0, jobs...)
}

// reconcile compares one segment from a job's position, in the named projections or in all, and returns the position
// that it reached.
//
// Errors: [ErrUnfinished] if the context is about to end; [OutageError] if the store of a named projection is away;
// [UnknownFoldError] if the job recovers and this code lacks a fold.
func (r *Rebuilder) reconcile(ctx context.Context, j Job, projections ...string) (es.Position, Reconciled, error) {
	var found Reconciled
	targets, err := r.reconciled(ctx, projections, j.Recovers)
	if err != nil {
		return j.Position, found, err
	}
	if j.Segment < 0 || j.Segment >= j.Of {
		return j.Position, found, fmt.Errorf("reconcile: no segment %d of %d", j.Segment, j.Of)
	}
	from := slices.Repeat([]es.Position{es.End}, j.Of)
	from[j.Segment] = j.Position
	// Eventually consistent reads cost half. A commit that is so new that they miss it is being delivered anyway.
	// A recovery must not miss any.
	cfg := es.AllConfig{From: from, UnitsPerSecond: r.cfg.Reconcile.UnitsPerSecond, Consistent: j.Recovers}
	scanning, cancel := r.engine.untilLate(ctx) // also ends the wait for the next page that UnitsPerSecond asks for
	defer cancel()
	at, err := es.All(scanning, r.scanner, cfg, func(_ context.Context, _ int, page es.ScanPage) error {
		one, err := r.reconcilePage(ctx, targets, page, j)
		if errors.Is(err, ErrUnfinished) { // the page is read again, and these are counted then
			one.Streams, one.Parked, one.Unreadable = 0, 0, 0
		}
		found.Add(one)
		if err == nil && len(projections) > 0 {
			err = leftOut(targets)
		}
		return err
	})
	if err != nil && scanning.Err() != nil && ctx.Err() == nil {
		err = ErrUnfinished
	}
	if len(at) != j.Of {
		return j.Position, found, err
	}
	return at[j.Segment], found, err
}

// leftOut returns an OutageError if one of the targets is left out.
func leftOut(targets []target) error {
	i := slices.IndexFunc(targets, func(t target) bool { return t.outage != nil })
	if i < 0 {
		return nil
	}
	return &OutageError{targets[i].sub.name(), *targets[i].outage}
}

// reconciled are the generations to compare: those that are filled. The others are caught up by their rebuild. But a
// rebuild does not read again what batches left out during an outage, so a recovery compares all generations.
//
// Errors: the catalog's; [OutageError] if the store of a named projection is away; [UnknownFoldError] of a recovery.
func (r *Rebuilder) reconciled(ctx context.Context, projections []string, recovers bool) ([]target, error) {
	all, err := r.engine.targets(ctx)
	if err != nil {
		return nil, err
	}
	targets := slices.DeleteFunc(slices.Concat(all...), func(t target) bool { return !isAmong(&t, projections) })
	if err := leftOut(targets); err != nil && len(projections) > 0 {
		return nil, err
	}
	for _, t := range targets {
		if recovers && t.fold == nil {
			return nil, &UnknownFoldError{t.sub.name(), t.Generation, t.Fold}
		}
	}
	return slices.DeleteFunc(targets, func(t target) bool {
		return t.fold == nil || t.Status == Building && !recovers
	}), nil
}

// reconcilePage compares the streams of a page. The commits of a stream that are on the next page are compared there.
//
// Errors: [ErrUnfinished] if the context is about to end, and streams of the page may still be behind.
func (r *Rebuilder) reconcilePage(
	ctx context.Context, targets []target, page es.ScanPage, j Job,
) (Reconciled, error) {
	found := Reconciled{Units: page.Units, Unreadable: len(page.Corrupt)}
	settled := map[es.StreamID]bool{} // streams whose last commit is old enough
	youngest := r.engine.cfg.Now().Add(-r.cfg.Reconcile.MinAge)
	for i, c := range page.Commits {
		if c.Version == 1 { // count a stream once, however many pages it takes
			found.Streams++
		}
		last := i+1 == len(page.Commits) || page.Commits[i+1].Stream != c.Stream
		if last && (r.cfg.Reconcile.MinAge < 0 || j.Recovers || !c.At.After(youngest)) {
			settled[c.Stream] = true
		}
	}
	commits := slices.DeleteFunc(slices.Clone(page.Commits), func(c es.Commit) bool { return !settled[c.Stream] })
	b := r.engine.newBatch(nil)
	defer b.notify(ctx)
	for i := range targets {
		if r.engine.late(ctx) {
			return found, ErrUnfinished
		}
		t := &targets[i]
		if t.outage != nil {
			continue
		}
		one, err := r.reconcileIn(ctx, b, t, commits, page.Corrupt, j)
		found.Add(one)
		if away := t.away(); away != nil {
			err = r.leaveOut(ctx, targets, t.sub.name(), away)
		}
		if err != nil {
			return found, err
		}
	}
	if found.Left > 0 && r.engine.late(ctx) {
		return found, ErrUnfinished
	}
	return found, nil
}

// leaveOut records an outage, and leaves the projection's generations out from now on.
func (r *Rebuilder) leaveOut(ctx context.Context, targets []target, projection string, away error) error {
	o, err := r.engine.noteOutage(ctx, projection, away)
	for i := range targets {
		if targets[i].sub.name() == projection {
			targets[i].outage = o
		}
	}
	return err
}

// reconcileIn catches up the streams that are behind in one generation.
func (r *Rebuilder) reconcileIn(
	ctx context.Context, b *batch, t *target, commits []es.Commit, corrupt []*es.CorruptError, j Job,
) (Reconciled, error) {
	last := map[es.StreamID]int64{} // the versions that the checkpoints must reach
	for i := range commits {
		if c := &commits[i]; t.reads(c.Stream.Type) && t.isPresent(c) && t.concerned(c) {
			last[c.Stream] = c.LastVersion()
		}
	}
	for stream, version := range unreadable(corrupt) { // reading the stream up to there parks it
		if t.reads(stream.Type) {
			last[stream] = max(last[stream], version)
		}
	}
	streams := slices.SortedFunc(maps.Keys(last), byName)
	at, err := t.sub.View.Checkpoints(ctx, t.Generation, streams...)
	if err != nil {
		return Reconciled{}, fmt.Errorf("%s: checkpoints: %w", t, err)
	}
	var found Reconciled
	how := func(cp Checkpoint) mode {
		// The outage may have kept the mark of a suspect stream from being removed.
		marked := j.Recovers && cp.Parked != nil && cp.Parked.Reason == Crashed
		return mode{level: true, suspect: j.Suspect || marked}
	}
	behind := slices.DeleteFunc(streams, func(s es.StreamID) bool {
		cp := at[s]
		if r.engine.waits(cp, how(cp)) {
			found.Parked++
			return true
		}
		return cp.Version >= last[s] && cp.Parked == nil && !cp.Behind
	})
	if len(behind) == 0 {
		return found, nil
	}
	b.each(t, behind, func(stream es.StreamID) error { return b.levelInTime(ctx, t, stream, how(at[stream])) })
	for _, err := range b.failed {
		return found, err
	}
	healed, err := r.counted(ctx, t, behind, last, j)
	found.Add(healed)
	return found, err
}

// counted counts the streams that were behind by what became of them. A recovery leaves those that are still behind to
// the queue.
func (r *Rebuilder) counted(
	ctx context.Context, t *target, behind []es.StreamID, last map[es.StreamID]int64, j Job,
) (found Reconciled, err error) {
	at, err := t.sub.View.Checkpoints(ctx, t.Generation, behind...)
	if err != nil {
		return found, fmt.Errorf("%s: checkpoints: %w", t, err)
	}
	var left []Job
	for _, stream := range behind {
		switch {
		case at[stream].Parked != nil:
			found.Parked++
		case at[stream].Version >= last[stream]:
			found.Healed++
		default:
			found.Left++
			left = append(left, Job{Task: CatchUp, Projection: t.sub.name(), Stream: stream})
		}
	}
	if j.Recovers && len(left) > 0 && !r.engine.late(ctx) { // if it is late, the page is read again
		return found, r.engine.leave(ctx, soon, left...)
	}
	return found, nil
}

// levelInTime levels a stream, unless the context is about to end. It is no error if others keep advancing the stream.
func (b *batch) levelInTime(ctx context.Context, t *target, stream es.StreamID, m mode) error {
	if b.late(ctx) {
		return nil
	}
	if err := b.level(ctx, t, stream, m); !errors.Is(err, ErrStale) && !errors.Is(err, ErrContended) {
		return err
	}
	return nil
}
