package projection

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Outage says that the store of a view apart is away: it is unavailable, or does not answer in time. Meanwhile batches
// leave the projection out, and do not ask its store. Other projections continue. When the store answers again, a
// reconciliation reads what the projection missed from the event store: see [Rebuilder.Recover].
//
// Nothing is lost. Whoever lets a commit pass has read this note after the commit was stored, and after its own failure
// if there was one. The reconciliation begins only when the note says that batches feed the projection again, and it
// reads the event store strongly consistent, so it finds that commit.
type Outage struct {
	// Since is when the outage was found. It identifies the outage.
	Since time.Time `json:"since"`
	// Reason is the error of the view that showed it, of at most 500 bytes.
	Reason string `json:"reason"`
	// Recovering means that the store answers again: batches feed the projection, and the reconciliation begins.
	Recovering bool `json:"recovering,omitempty"`
}

// OutageError reports that a projection was left out because its store is away, or was until now. It is brought up to
// date when the store answers again.
type OutageError struct {
	Projection string
	Outage
}

func (e *OutageError) Error() string {
	return fmt.Sprintf("the store of projection %s has been away since %s (%s): the projection is brought up to date "+
		"when its store answers again; try again after that", e.Projection, e.Since.Format(time.RFC3339), e.Reason)
}

// is reports whether another note is about the same outage.
func (o *Outage) is(other *Outage) bool { return other != nil && o.Since.Equal(other.Since) }

// away is the outage because of which batches leave the projection out, nil if they do not.
func (r *Record) away() *Outage {
	if r.Outage == nil || r.Outage.Recovering {
		return nil
	}
	return r.Outage
}

const (
	// askAgain is the delay before a store that was away is asked again. The projection is that much longer behind,
	// and each time costs a message, a read of the catalog and a read of the store.
	askAgain = 15 * time.Second
	// maxOutageReason limits the reason in a record, which every batch reads, in bytes.
	maxOutageReason = 500
)

// noteOutage records that a projection's store is away, and returns the outage. If the store was found away before, and
// is not known to answer again, that note is enough.
//
// The job that ends the outage is enqueued first: a process that ends before it records the outage leaves a job without
// an outage, which does nothing. See [Rebuilder.Do] for a job that runs before a slow process records its outage.
//
// Errors: those of the catalog and the queue.
func (e *Engine) noteOutage(ctx context.Context, projection string, cause error) (*Outage, error) {
	if away, is := errors.AsType[*awayError](cause); is { // without the names of streams
		cause = away
	}
	noted := &Outage{Since: e.cfg.Now().UTC(), Reason: cut(cause.Error(), maxOutageReason)}
	for attempt := range staleAttempts {
		_, record, err := e.record(ctx, projection)
		if err != nil {
			return nil, err
		}
		if known := record.away(); known != nil {
			return known, nil
		}
		if attempt == 0 && e.cfg.Queue != nil {
			job := Job{Task: Recover, Projection: projection, FailedSince: noted.Since}
			if err := e.leave(ctx, askAgain, job); err != nil {
				return nil, err
			}
		}
		next := record.clone()
		next.Outage = noted
		if err = e.catalog.Replace(ctx, next); err == nil {
			e.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "the store of a projection is away: batches leave the projection "+
				"out until its store answers again, then it is reconciled", slog.String("projection", projection),
				slog.Time("since", noted.Since), slog.String("reason", noted.Reason))
			return noted, nil
		}
		if !errors.Is(err, ErrStale) {
			return nil, fmt.Errorf("record the outage of projection %s: %w", projection, err)
		}
	}
	return nil, fmt.Errorf("record the outage of projection %s: %w", projection, ErrStale)
}

// cut returns the first bytes of a text, without half a character at the end.
func cut(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// outages are those because of which a call left projections out.
type outages []*OutageError

// err returns an OutageError for each, nil if there is none.
func (all outages) err() error {
	errs := make([]error, len(all))
	for i, o := range all {
		errs[i] = o
	}
	return errors.Join(errs...)
}

// noteOutages records the outages that a batch found, and returns them. The streams that met one are then done: they
// are left to the recovery. If an outage can't be recorded, its streams fail.
func (b *batch) noteOutages(ctx context.Context) outages {
	var all outages
	failed := map[string]error{}
	for at, cause := range b.away {
		if _, done := failed[at.projection]; !done {
			o, err := b.noteOutage(ctx, at.projection, cause)
			if failed[at.projection] = err; err == nil {
				all = append(all, &OutageError{at.projection, *o})
			}
		}
		if err := failed[at.projection]; err != nil && b.failed[at.stream] == nil {
			b.failed[at.stream] = errors.Join(cause, err)
		}
	}
	return all
}

// comeAgain enqueues a job again for the projections that were left out.
func (e *Engine) comeAgain(ctx context.Context, j Job, left outages) error {
	if len(left) == 0 {
		return nil
	}
	jobs := make([]Job, len(left))
	for i, o := range left {
		jobs[i], jobs[i].Projection = j, o.Projection
	}
	return e.leave(ctx, later, jobs...)
}
