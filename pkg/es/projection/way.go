package projection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

const (
	// staleAttempts is how often a stream is started over because another process advances it concurrently.
	staleAttempts = 10
	// staleBackoff is the longest pause before the second attempt. It doubles with each further one.
	staleBackoff = 2 * time.Millisecond
	// later is the delay before work that this code can't do now is tried again.
	later = 30 * time.Second
	// soon is the delay before a stream is tried again after conflicts with other writers.
	soon = 2 * time.Second
	// latest is the longest delay before a retry.
	latest = 15 * time.Minute
	// briefly is how long a reaction may take for one call while a batch waits for it.
	briefly = time.Second
)

var (
	// errParked ends the way of a stream that was parked.
	errParked = errors.New("parked")
	// errBudget ends the way of a stream that misses too many events for now.
	errBudget = errors.New("more events are missing than the budget allows")
	// errAppend means that one append row is too large by itself.
	errAppend = errors.New("append")
	errSlow   = fmt.Errorf("no answer within %s", briefly)
)

// mode says for whom a stream is advanced.
type mode struct {
	// level reads the stream to its end, whatever was delivered.
	level bool
	// rest also reads the stream to its end, but within the budget: earlier deliveries were left to the next process
	// that advances it.
	rest bool
	// retry tries a parked stream again.
	retry bool
	// suspect means that an earlier attempt may have ended the process.
	suspect bool
}

// way advances one stream in one generation.
type way struct {
	*batch
	t      *target
	stream es.StreamID
	at     Checkpoint
	passed span // versions that do not concern the fold
	m      mode
	// first is the first save, if all delivered commits fit into one. steps are the events that it applies.
	first *move
	steps []step
	// isBehind is whether the stored checkpoints say that the stream is behind.
	isBehind bool
	// brief means that calls to other systems must answer soon, because other streams wait.
	brief bool
}

func (b *batch) way(t *target, stream es.StreamID, at Checkpoint) *way {
	w := &way{batch: b, t: t, stream: stream, passed: b.passed(t, stream), m: mode{suspect: b.suspect}}
	w.begin(at)
	return w
}

// begin starts from a checkpoint. If the first commit was skipped, the checkpoint lacks the stream's creator.
func (w *way) begin(at Checkpoint) {
	if w.at = at; at.Version == 0 {
		w.at.Owner = cmp.Or(at.Owner, w.passed.creator)
	}
}

// past is the version up to which nothing is missing.
func (w *way) past() int64 { return w.passed.past(w.at.Version) }

// look plans the first save if it completes the stream: nothing is missing, everything fits, and nothing prevents a
// save. It does not plan a reaction, which may only react when it can store that it did.
func (w *way) look(ctx context.Context) {
	delivered := w.delivered[w.stream]
	if w.suspect || !w.t.fold.rebuilds() || w.at.Parked != nil || w.at.Behind || w.at.RowsWritten > 0 ||
		!fits(w.past(), delivered) {
		return
	}
	for _, commit := range delivered {
		w.steps = beyond(w.steps, commit, max(w.past(), lastOf(w.steps)))
	}
	if len(w.steps) == 0 {
		return
	}
	planned, refused := w.t.plan(ctx, w.stream, w.at, w.steps, w.t.room(), w.cfg.Now())
	if refused == nil && planned.steps == len(w.steps) {
		w.first = planned
	}
}

func lastOf(steps []step) int64 {
	if len(steps) == 0 {
		return 0
	}
	return steps[len(steps)-1].version()
}

// run advances the stream, and records a failure.
func (w *way) run(ctx context.Context) {
	if err := w.forward(ctx); err != nil {
		w.fail(w.t, w.stream, err)
	}
}

// forward advances the stream by the delivered commits, and by what the event store has beyond them if some are
// missing. If the checkpoint is outdated, it is read again and everything is repeated.
func (w *way) forward(ctx context.Context) error {
	version := w.at.Version
	var err error
	for attempt := range staleAttempts {
		if attempt > 0 {
			if err := w.reload(ctx, attempt); err != nil {
				return err
			}
		}
		if err = w.once(ctx); !errors.Is(err, ErrStale) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %s: %w", w.t, w.stream, err)
	}
	// An inline checkpoint was stored with its commit, of which the notifier was not told.
	if w.at.Version > version || w.t.sub.Inline && w.delivery {
		w.changed(w)
	}
	return nil
}

// reload reads the checkpoint again, after giving another process time to finish.
func (w *way) reload(ctx context.Context, attempt int) error {
	if err := sleep(ctx, rand.N(staleBackoff<<min(attempt, 7))); err != nil {
		return err
	}
	w.forget(w.t.place(w.stream))
	read, err := w.t.sub.View.Checkpoints(ctx, w.t.Generation, w.stream)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	w.begin(read[w.stream])
	return nil
}

func (w *way) once(ctx context.Context) error {
	delivered := w.delivered[w.stream]
	if first := w.first; first != nil {
		w.first = nil
		if err := w.page(ctx, w.steps, first); !errors.Is(err, errParked) {
			return err
		}
		return w.seen(ctx, delivered)
	}
	suspected := w.suspected()
	job := Job{Task: CatchUp, Projection: w.t.sub.name(), Stream: w.stream, Retry: w.m.retry, Suspect: suspected}
	switch {
	case w.waits():
		if p := w.at.Parked; w.m.suspect && p.Reason == Crashed { // the process that parked it ended before it could log this
			w.log(ctx, slog.LevelError, "a stream is parked", p.Version, p.Reason)
		}
		return w.seen(ctx, delivered)
	case (w.at.Behind || suspected && !w.m.suspect) && !w.m.level && w.cfg.Queue != nil: // it must not end the batch
		return w.leave(ctx, 0, job)
	}
	w.brief = !w.m.level && w.t.fold.retryFromQueue() && w.cfg.Queue != nil
	var err error
	if suspected {
		err = w.attempt(ctx, delivered)
	} else if err = w.claim(ctx); err == nil {
		err = w.applyAll(ctx, delivered)
	}
	switch {
	case errors.Is(err, errParked):
		return w.seen(ctx, delivered)
	case errors.Is(err, errBudget):
		return w.leave(ctx, 0, job)
	}
	return err
}

// applyAll applies the events beyond the checkpoint.
func (w *way) applyAll(ctx context.Context, delivered []*es.Commit) error {
	parked := w.at.Parked != nil
	w.m.rest = parked || w.at.Behind
	err := w.apply(ctx, w.feed(ctx, delivered))
	if err == nil && parked { // read what others left while it was parked; now they see that it is behind, and enqueue it
		err = w.apply(ctx, w.feed(ctx, nil))
	}
	return err
}

// apply folds commits, page by page, into as few saves as possible. A stream that was parked is saved as behind:
// commits that other processes received while it was parked are not among these.
func (w *way) apply(ctx context.Context, commits iter.Seq2[*es.Commit, error]) error {
	var page []step
	parked := w.at.Parked != nil
	w.isBehind = w.at.Behind || parked
	for commit, err := range commits {
		if errors.Is(err, errBudget) {
			w.isBehind = true
			if failed := w.last(ctx, page); failed != nil {
				return failed
			}
			return err
		}
		if corrupt := (*es.CorruptError)(nil); errors.As(err, &corrupt) {
			if err := w.page(ctx, page, nil); err != nil {
				return err
			}
			return w.park(ctx, w.at.Version+1, Failed, err)
		}
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		page = beyond(page, commit, w.at.Version)
		if len(page) >= pageEvents || w.savesAlone(commit) {
			if err := w.page(ctx, page, nil); err != nil {
				return err
			}
			page = page[:0]
		}
	}
	w.isBehind = parked
	return w.last(ctx, page)
}

// savesAlone reports whether a commit is the last of its page. With RetryFromQueue, each commit that concerns the
// fold is, so that concurrent processes repeat at most one.
func (w *way) savesAlone(c *es.Commit) bool { return w.t.fold.retryFromQueue() && w.t.concerned(c) }

// last saves the last page, and in any case whether the stream is behind.
func (w *way) last(ctx context.Context, page []step) error {
	if len(page) > 0 || w.at.Behind == w.isBehind {
		return w.page(ctx, page, nil)
	}
	return w.unpark(ctx)
}

// unpark stores the checkpoint unchanged, except that it is not parked, and whether it is behind.
func (w *way) unpark(ctx context.Context) error {
	next := w.at
	next.Parked = nil
	return w.store(ctx, &move{CheckpointUpdate: CheckpointUpdate{w.stream, w.at, next}})
}

// page plans and makes saves until all events are applied. first is the first of them, if it is already planned.
func (w *way) page(ctx context.Context, steps []step, first *move) error {
	room := w.t.room()
	for len(steps) > 0 {
		next, refused := first, (*foldError)(nil)
		if first = nil; next == nil {
			next, refused = w.plan(ctx, steps, room)
		}
		if next != nil {
			err := w.store(ctx, next)
			if isContent(err) {
				smaller, ok := room.less(next)
				if !ok || next.steps <= 1 && (errors.Is(err, errAppend) || errors.Is(err, ErrRefused)) {
					return w.park(ctx, steps[0].version(), reason(err), err)
				}
				room = smaller
				continue
			}
			if err != nil {
				return err
			}
			steps = steps[next.steps:]
		}
		if refused != nil {
			return w.refuse(ctx, steps[0], refused)
		}
	}
	return nil
}

// plan plans the next save. Calls of a reaction to other systems have little time if other streams wait.
func (w *way) plan(ctx context.Context, steps []step, r room) (*move, *foldError) {
	if w.brief { // not a deadline: SDK clients keep a part of the time until a deadline in reserve
		var cancel context.CancelCauseFunc
		ctx, cancel = context.WithCancelCause(ctx)
		defer cancel(nil)
		defer time.AfterFunc(briefly, func() { cancel(errSlow) }).Stop()
	}
	next, refused := w.t.plan(ctx, w.stream, w.at, steps, r, w.cfg.Now())
	if refused != nil && errors.Is(context.Cause(ctx), errSlow) {
		refused.err = fmt.Errorf("%w: %w", errSlow, refused.err)
	}
	return next, refused
}

func (w *way) store(ctx context.Context, m *move) error {
	m.Next.Behind = w.isBehind
	if err := w.save(ctx, w.t, m); err != nil {
		return fmt.Errorf("save @%d: %w", m.Next.Version, err)
	}
	w.at = m.Next
	return nil
}

// refuse parks the stream before an event that can't be applied, or returns the error so that the event is delivered
// again.
func (w *way) refuse(ctx context.Context, s step, refused *foldError) error {
	switch {
	case refused.transient && w.t.fold.retryFromQueue() && w.cfg.Queue != nil:
		return w.setAside(ctx, s, refused.err)
	case refused.transient:
		return fmt.Errorf("@%d: %w", s.version(), refused.err)
	}
	return w.park(ctx, s.version(), reason(refused.err), w.confidential(s.commit, refused.err))
}
