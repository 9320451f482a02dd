package projection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// ErrUnfinished means that time ran out. What is done is kept: the same call continues from there.
var ErrUnfinished = errors.New("unfinished: time ran out; call again to continue")

// ErrNoGeneration means that a generation does not exist, or does not have the status that the call needs.
var ErrNoGeneration = errors.New("no such generation, or it is not in the required status")

// OnPage is called after each page of history that was read into a generation, with the number of its commits and
// events.
type OnPage func(segment, commits, events int)

// Fill reads one segment of the history into a generation, from where an earlier call ended. It reports whether all
// segments are filled now.
//
// Errors: [ErrUnfinished] if the context is about to end; [ErrNoGeneration] if the generation was given up;
// [ErrNotRebuilt]; those of the store, the view and the catalog.
func (r *Rebuilder) Fill(
	ctx context.Context, projection string, g Generation, segment int, onPage OnPage,
) (filled bool, err error) {
	t, err := r.target(ctx, projection, g)
	if err != nil {
		return false, err
	}
	positions, err := r.engine.catalog.Positions(ctx, projection, g)
	if err != nil {
		return false, fmt.Errorf("%s: positions: %w", t, err)
	}
	if positions[segment] != es.End {
		if err := r.fillFrom(ctx, t, segment, positions[segment], onPage); err != nil {
			return false, err
		}
		if positions, err = r.engine.catalog.Positions(ctx, projection, g); err != nil {
			return false, fmt.Errorf("%s: positions: %w", t, err)
		}
	}
	for i := range t.Segments {
		if positions[i] != es.End {
			return false, nil
		}
	}
	return true, r.mark(ctx, projection, g)
}

// target is a generation that may be filled.
func (r *Rebuilder) target(ctx context.Context, projection string, g Generation) (*target, error) {
	sub, record, err := r.engine.record(ctx, projection)
	if err != nil {
		return nil, err
	}
	b := record.Build(g)
	switch {
	case !sub.Projection.rebuilds():
		return nil, fmt.Errorf("projection %s: %w", projection, ErrNotRebuilt)
	case b == nil, b.Status == Dropping, b.Lost:
		return nil, fmt.Errorf("projection %s, generation %d: %w", projection, g, ErrNoGeneration)
	}
	t := &target{Build: *b, sub: sub, fold: sub.fold(b.Fold)}
	if t.fold == nil {
		return nil, &UnknownFoldError{projection, g, b.Fold}
	}
	return t, nil
}

// fillFrom fills a segment from a position on.
func (r *Rebuilder) fillFrom(ctx context.Context, t *target, segment int, from es.Position, onPage OnPage) error {
	for {
		at, err := r.fillPages(ctx, t, segment, from, onPage)
		if !errors.Is(err, errAged) {
			return err
		}
		from = at // the page is read again
	}
}

// fillPages fills a segment from a position on, and returns the position before the first page that it did not fill.
func (r *Rebuilder) fillPages(
	ctx context.Context, t *target, segment int, from es.Position, onPage OnPage,
) (es.Position, error) {
	s := es.Segment{Index: segment, Of: t.Segments, After: from, Consistent: true}
	for page, err := range r.scanner.Scan(ctx, s) {
		if err != nil {
			return from, fmt.Errorf("%s: history: %w", t, err)
		}
		if err := r.fillPage(ctx, t, page); err != nil {
			return from, err
		}
		if err := r.engine.catalog.SavePosition(ctx, t.sub.name(), t.Generation, segment, page.Next); err != nil {
			return from, fmt.Errorf("%s: position: %w", t, err)
		}
		from = page.Next
		if onPage != nil {
			onPage(segment, len(page.Commits), events(page))
		}
	}
	return from, nil
}

// maxPageAge is how long decrypted personal data of a page may be written after it was read. A forgetting waits for the
// longest time between a read and the write that follows from it.
const maxPageAge = 30 * time.Second

// errAged means that a page is too old to be written.
var errAged = errors.New("the page was read too long ago")

func events(page es.ScanPage) int {
	n := 0
	for i := range page.Commits {
		n += len(page.Commits[i].Events)
	}
	return n
}

// fillPage applies a page to its streams. Streams that fail because the table is throttled are retried at a lower pace.
func (r *Rebuilder) fillPage(ctx context.Context, t *target, page es.ScanPage) error {
	commits, young := page.Commits, ctx
	if slices.ContainsFunc(commits, func(c es.Commit) bool { return c.Decrypted() }) {
		var age context.CancelFunc
		young, age = context.WithCancel(ctx) // not by a deadline, before which work is left to the queue
		defer age()
		defer time.AfterFunc(maxPageAge, age).Stop()
	}
	for attempt := 0; ; attempt++ {
		if err := r.mayFill(ctx, t); err != nil {
			return err
		}
		failed := r.fillOnce(young, t, commits, page.Corrupt, attempt == 0)
		if len(failed) > 0 && young.Err() != nil && ctx.Err() == nil {
			return errAged
		}
		for _, err := range failed {
			if !r.cfg.Throttled(err) || ctx.Err() != nil {
				return err
			}
		}
		if len(failed) == 0 {
			return nil
		}
		commits = slices.DeleteFunc(slices.Clone(commits), func(c es.Commit) bool { return failed[c.Stream] == nil })
		if err := r.pace.slow(ctx); err != nil {
			return err
		}
	}
}

// fillOnce applies commits to their streams, and returns the streams that failed.
func (r *Rebuilder) fillOnce(
	ctx context.Context, t *target, commits []es.Commit, corrupt []*es.CorruptError, fresh bool,
) map[es.StreamID]error {
	b := r.engine.newBatch(commits)
	b.fresh, b.spend = fresh, r.pace.spend
	b.bring(ctx, []target{*t})
	for stream := range unreadable(corrupt) { // reading the stream again parks it at the corrupt commit
		if !t.reads(stream.Type) {
			continue
		}
		if err := b.level(ctx, t, stream, mode{level: true}); err != nil {
			b.fail(t, stream, err)
		}
	}
	return b.failed
}

// mayFill returns an error if time is running out, or if the generation was given up, so that its rows are about to be
// dropped.
//
// Errors: [ErrUnfinished], [ErrNoGeneration]; the catalog's.
func (r *Rebuilder) mayFill(ctx context.Context, t *target) error {
	if r.engine.late(ctx) {
		return ErrUnfinished
	}
	_, err := r.target(ctx, t.sub.name(), t.Generation)
	return err
}

// mark records that a generation is filled.
func (r *Rebuilder) mark(ctx context.Context, projection string, g Generation) error {
	return r.change(ctx, projection, func(next *Record) error {
		b := next.Build(g)
		if b == nil {
			return ErrNoGeneration
		}
		if !b.Filled {
			b.Filled, b.FilledAt = true, r.engine.cfg.Now().UTC()
		}
		return nil
	})
}

// change changes a projection's record. It tries again if another process changed the record concurrently.
func (r *Rebuilder) change(ctx context.Context, projection string, do func(*Record) error) error {
	for range staleAttempts {
		_, record, err := r.engine.record(ctx, projection)
		if err != nil {
			return err
		}
		next := record.clone()
		if err := do(&next); err != nil {
			return fmt.Errorf("projection %s: %w", projection, err)
		}
		if err := r.engine.catalog.Replace(ctx, next); !errors.Is(err, ErrStale) {
			return err
		}
	}
	return fmt.Errorf("projection %s: %w", projection, ErrStale)
}
