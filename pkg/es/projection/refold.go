package projection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// Refolded counts what a refold stored.
type Refolded struct {
	// Documents is how many documents were replaced: one for each stream and generation.
	Documents int `json:"documents"`
	// Rows is how many rows of these streams were written, emptied or deleted.
	Rows int `json:"rows"`
}

// Refold folds streams again from their first event, in the named projections or, if none is named, in all that read
// them; in each generation that is kept, by that generation's fold version. It is for folds whose result changed
// although the events did not, for example because personal data was erased. Replaced projections that the engine still
// has are refolded too; reactions are not.
//
// A document is replaced once, at the end, by one of the same version in a higher epoch. Until then readers see the old
// one. Append rows are written again before it, own rows together with it. An own row that the fold no longer makes is
// deleted. An append row that the fold no longer makes becomes an empty row, which no reader sees. Counters stay as
// they are, so what a fold adds must not change, and counters must not hold personal data. If an event has more rows
// than one save holds, the number of its own rows must not change either: while the event is half stored, the
// checkpoint only counts its rows.
//
// A parked stream is retried afterwards. If it can't be applied, it is parked again, which is no error. If the fold
// fails at an event that was applied before, the document stays as it is, the stream is not parked, and the error says
// so: later events may still be applicable.
//
// The progress is kept in memory. After an interruption, each document is either unchanged or refolded; the same call
// starts over. A projection that has append rows or own rows costs a scan of each generation's keys, so name all
// streams in one call. A generation that is being dropped is skipped: its rows are being removed.
//
// Errors: [ErrNotRebuilt] if the named projection is a reaction; [UnknownFoldError] for each generation whose fold this
// code lacks; a [RefoldError] for each stream that fails: with [ErrStale] if it advanced too often during the call,
// [ErrTooLarge], or errors of the fold, the store and the views; an [OutageError] for each projection whose store is
// away, whose documents may then be unchanged; those of the views and the catalog. They are joined, and
// everything that can be done is done.
func (e *Engine) Refold(ctx context.Context, streams []es.StreamID, projections ...string) (Refolded, error) {
	out, left, err := e.refold(ctx, streams, projections)
	return out, errors.Join(err, left.err())
}

// refold also returns the outages because of which projections were left out.
func (e *Engine) refold(
	ctx context.Context, streams []es.StreamID, projections []string,
) (out Refolded, left outages, err error) {
	kept, err := e.kept(ctx, projections)
	if err != nil {
		return out, nil, err
	}
	var errs []error
	isOut := map[string]bool{}
	for i := range kept {
		t := &kept[i]
		if isOut[t.sub.name()] || !t.sub.readsAny(streams) {
			continue
		}
		var one Refolded
		o, err := t.outage, error(nil)
		if o == nil {
			one, err = e.refoldIn(ctx, t, streams)
		}
		if away := t.away(); away != nil {
			o, err = e.noteOutage(ctx, t.sub.name(), away)
		}
		if o != nil {
			isOut[t.sub.name()] = true
			left = append(left, &OutageError{t.sub.name(), *o})
		}
		out.Documents += one.Documents
		out.Rows += one.Rows
		errs = append(errs, err)
	}
	return out, left, errors.Join(errs...)
}

// readsAny reports whether any version of the fold reads one of the streams.
func (s *Subscription) readsAny(streams []es.StreamID) bool {
	return slices.ContainsFunc(streams, func(stream es.StreamID) bool { return s.reads(stream.Type) })
}

// RefoldError is why a stream could not be folded again in a generation.
type RefoldError struct {
	Projection string
	Generation Generation
	Stream     es.StreamID
	Err        error
}

func (e *RefoldError) Error() string {
	return fmt.Sprintf("projection %s, generation %d: fold %s again: %v", e.Projection, e.Generation, e.Stream, e.Err)
}

// Unwrap returns the cause.
func (e *RefoldError) Unwrap() error { return e.Err }

// NotRefolded is what [Engine.Refold] leaves out.
type NotRefolded struct {
	// Unknown are the projections in the catalog that the engine does not have, sorted. Reactions of another engine are
	// among them.
	Unknown []string
	// Dropping are the engine's projections with a generation that is being dropped, sorted.
	Dropping []string
}

// NotRefolded returns what Refold leaves out now.
//
// Errors: the catalog's.
func (e *Engine) NotRefolded(ctx context.Context) (NotRefolded, error) {
	records, err := e.catalog.Records(ctx)
	if err != nil {
		return NotRefolded{}, fmt.Errorf("generations: %w", err)
	}
	var out NotRefolded
	for _, name := range slices.Sorted(maps.Keys(records)) {
		builds := records[name].Builds
		switch {
		case len(builds) == 0:
		case !e.Keeps(name):
			out.Unknown = append(out.Unknown, name)
		case slices.ContainsFunc(builds, func(b Build) bool { return b.Status == Dropping }):
			out.Dropping = append(out.Dropping, name)
		}
	}
	return out, nil
}

// keptTarget is a generation whose rows are kept. It may no longer receive events.
type keptTarget struct {
	target
	isFed bool
}

// kept are all generations of the named projections, or of all if none is named, that are not being dropped. They
// include generations of replaced projections, and generations whose fold this code lacks. Those that readers switch to
// come first.
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
		sub := e.subscriptions[i].watched(e.cfg.Parallel)
		r, there := records[sub.name()]
		if !there || !sub.Projection.rebuilds() || len(projections) > 0 && !slices.Contains(projections, sub.name()) {
			continue
		}
		isFed := slices.ContainsFunc(fed, func(r Record) bool { return r.Projection == sub.name() })
		from := len(all)
		for _, b := range r.Builds {
			if b.Status != Dropping {
				t := target{Build: b, sub: sub, fold: sub.fold(b.Fold), outage: r.away()}
				all = append(all, keptTarget{t, isFed})
			}
		}
		slices.SortStableFunc(all[from:], func(a, b keptTarget) int {
			return cmp.Compare(r.order(&a.Build, e.cfg.Now()), r.order(&b.Build, e.cfg.Now()))
		})
	}
	return all, nil
}

// refoldIn refolds streams in one generation, several at once.
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
	// Checkpoints are read before rows: a row that is stored later belongs to a later checkpoint, and a save on the old
	// one fails.
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
			errs = append(errs, &RefoldError{t.sub.name(), t.Generation, stream, err})
		}
		return nil
	})
	b.notify(ctx)
	return out, errors.Join(errs...)
}

// rowsOf scans a generation for the keys of rows that the streams may have appended or put.
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

// owns reports whether a target's fold may put own rows.
func (t *target) owns() bool {
	return slices.ContainsFunc(t.fold.lists(), func(r rows) bool { return r.kind == OwnRow })
}
