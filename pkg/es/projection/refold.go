package projection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// Refolded counts what a re-fold stored.
type Refolded struct {
	// Documents is how many documents were replaced: one for each stream and generation.
	Documents int `json:"documents"`
	// Rows is how many rows of these streams were written, emptied or deleted.
	Rows int `json:"rows"`
}

// Refold folds streams again from their first event, in the projections that are named or, if none is, in all that read them; in each
// generation that is kept, by its own fold version. It is for folds whose answer changed although the events did not, as when
// personal data was erased. Replaced projections that the engine still has are folded again too; reactions are not.
//
// A document is replaced once, at the end, by one of the same version in a higher epoch. Until then readers see the old one.
// Append rows are written again before it, and own rows with it; an own row that the fold no longer makes is deleted, and an
// append row of which that is true becomes an empty one, which nobody sees. Counters stay as they are: what a fold adds must not
// change. So counters must not hold personal data. Nor must an event of more rows than one save holds have another number of own
// rows in the new answer: while it is half stored, the checkpoint only counts them.
//
// A stream that is parked is tried again afterwards. If it can't be applied, it is parked again, which is no error. If
// the fold fails at an event that was applied before, the document stays as it is, the stream is not parked, and the error
// says so: what comes next may well be applied.
//
// The progress is kept in memory. Whatever interrupts it leaves each document either as it was or folded again; the same
// call does all of it once more. A projection that has append rows or own rows costs a scan of each generation's keys, so name
// all streams in one call. A generation that is being dropped is left out: its rows are gone once it is.
//
// Errors: [ErrNotRebuilt] if the named projection is a reaction; [UnknownFoldError] for each generation whose fold this code
// lacks; [ErrStale] if a stream moved on too often; [ErrTooLarge]; those of the fold, the store, the views, the catalog. All
// of them are joined, and all that can be done is done.
func (e *Engine) Refold(ctx context.Context, streams []es.StreamID, projections ...string) (Refolded, error) {
	kept, err := e.kept(ctx, projections)
	if err != nil {
		return Refolded{}, err
	}
	var (
		out  Refolded
		errs []error
	)
	for i := range kept {
		one, err := e.refoldIn(ctx, &kept[i], streams)
		out.Documents += one.Documents
		out.Rows += one.Rows
		errs = append(errs, err)
	}
	return out, errors.Join(errs...)
}

// keptTarget is a generation whose rows are kept. It may be one that is not fed any more.
type keptTarget struct {
	target
	isFed bool
}

// kept are all generations of some projections, or of all if none is named, that are not being dropped: also of projections that others replaced, and
// those whose fold this code lacks. Those that readers go over to come first.
func (e *Engine) kept(ctx context.Context, projections []string) ([]keptTarget, error) {
	if err := e.known(projections); err != nil {
		return nil, err
	}
	for _, name := range projections {
		if !e.subscription(name).Projection.rebuilds() {
			return nil, fmt.Errorf("projection %s: %w", name, ErrNotRebuilt)
		}
	}
	fed, err := e.registered(ctx)
	if err != nil {
		return nil, err
	}
	records, err := e.catalog.Records(ctx)
	if err != nil {
		return nil, fmt.Errorf("generations: %w", err)
	}
	var all []keptTarget
	for i := range e.subscriptions {
		sub := &e.subscriptions[i]
		r, there := records[sub.name()]
		if !there || !sub.Projection.rebuilds() || len(projections) > 0 && !slices.Contains(projections, sub.name()) {
			continue
		}
		isFed := slices.ContainsFunc(fed, func(r Record) bool { return r.Projection == sub.name() })
		from := len(all)
		for _, b := range r.Builds {
			if b.Status != Dropping {
				all = append(all, keptTarget{target{Build: b, sub: sub, fold: sub.fold(b.Fold)}, isFed})
			}
		}
		slices.SortStableFunc(all[from:], func(a, b keptTarget) int {
			return cmp.Compare(r.order(&a.Build, e.cfg.Now()), r.order(&b.Build, e.cfg.Now()))
		})
	}
	return all, nil
}

// refoldIn folds streams again in one generation, some at once.
func (e *Engine) refoldIn(ctx context.Context, t *keptTarget, streams []es.StreamID) (Refolded, error) {
	streams = slices.DeleteFunc(slices.Clone(streams), func(s es.StreamID) bool { return !t.reads(s.Type) })
	if len(streams) == 0 {
		return Refolded{}, nil
	}
	slices.SortFunc(streams, byName)
	streams = slices.Compact(streams)
	if t.fold == nil {
		return Refolded{}, &UnknownFoldError{t.sub.name(), t.Generation, t.Fold}
	}
	// The checkpoints come first: rows that are stored later belong to later checkpoints, on which nothing is saved.
	at, err := t.sub.View.Checkpoints(ctx, t.Generation, streams...)
	if err != nil {
		return Refolded{}, fmt.Errorf("%s: checkpoints: %w", t, err)
	}
	rows, err := t.rowsOf(ctx, streams)
	if err != nil {
		return Refolded{}, err
	}
	var (
		mu   sync.Mutex
		out  Refolded
		errs []error
	)
	b := e.newBatch(nil)
	b.each(&t.target, streams, func(stream es.StreamID) error {
		f := &refold{batch: b, t: &t.target, isFed: t.isFed, stream: stream, rows: rows[stream]}
		cp, there := at[stream]
		err := f.run(ctx, cp, there)
		mu.Lock()
		defer mu.Unlock()
		out.Documents += f.out.Documents
		out.Rows += f.out.Rows
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: fold %s again: %w", t, stream, err))
		}
		return nil
	})
	b.notify(ctx)
	return out, errors.Join(errs...)
}

// rowsOf scans a generation for the keys of rows that streams may have appended or put.
func (t *target) rowsOf(ctx context.Context, streams []es.StreamID) (map[es.StreamID][]RowKey, error) {
	if !t.fold.appends() && !t.owns() {
		return nil, nil
	}
	wanted := map[es.StreamID]bool{}
	for _, s := range streams {
		wanted[s] = true
	}
	rows := map[es.StreamID][]RowKey{}
	for key, err := range t.sub.View.Keys(ctx, t.Generation) {
		if err != nil {
			return nil, fmt.Errorf("%s: rows: %w", t, err)
		}
		var of []es.StreamID
		switch key.Kind {
		case AppendedRow:
			if s, err := appendedBy(key.Key); err == nil {
				of = append(of, s)
			}
		case OwnRow:
			of = t.mayOwn(key)
		case SharedRow, IndexedRow:
		}
		for _, s := range of {
			if wanted[s] {
				rows[s] = append(rows[s], key)
			}
		}
	}
	return rows, nil
}

// owns tells whether a target's fold may put own rows.
func (t *target) owns() bool {
	return slices.ContainsFunc(t.fold.lists(), func(r rows) bool { return r.kind == OwnRow })
}
