package projection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// walk reads one segment of the history, and folds each of its streams up to its checkpoint.
type walk struct {
	*verification
	out    findings // of the streams read to their end
	parked map[es.StreamID]bool
	rowAt  map[RowKey]int // of the surveyed rows

	sample smallest // of the streams
	made   smallest // of the shared rows that the folds made
	madeAt map[string]RowKey
	behind map[es.StreamID]int64 // the versions that they should be at

	stream es.StreamID // the one being read
	follow             // how far that one was read
}

// follow is how far a stream was read.
type follow struct {
	following bool
	at        Checkpoint
	state     json.RawMessage
	rows      Writes // its own rows, if it is in the sample
	sampled   bool
	unfolded  bool  // an event can't be folded: the projector parks the stream
	last      int64 // version
	due       int64 // last version that concerns the projection
	slots     []Slot
	appended  int64
	sums      map[int]map[string]Number // its additions to the surveyed rows
}

// segment walks a segment of the history from where an earlier walk ended, and regularly saves how far it is.
//
// Errors: [ErrUnfinished] if the context is about to end; those of the store, the view, the catalog and save.
func (v *verification) segment(
	ctx context.Context, index int, from findings, save func(findings) error,
) (findings, error) {
	if from.Position == es.End {
		return from, nil
	}
	w, err := v.resume(ctx, from)
	if err != nil {
		return from, err
	}
	s := es.Segment{Index: index, Of: v.survey.Segments, After: from.Position, Consistent: true}
	saved := time.Now()
	for page, err := range v.rebuilder.scanner.Scan(ctx, s) {
		if err != nil {
			return w.out, fmt.Errorf("verify %s: history: %w", v.target, err)
		}
		if err := w.page(ctx, page); err != nil {
			return w.out, fmt.Errorf("verify %s: %w", v.target, err)
		}
		late := v.rebuilder.engine.late(ctx)
		if page.Next != es.End && !late && time.Since(saved) < saveEvery && len(w.behind) < mostBehind {
			continue
		}
		if err := w.settle(ctx, page.Next); err != nil {
			return w.out, fmt.Errorf("verify %s: %w", v.target, err)
		}
		if err := save(w.out); err != nil {
			return w.out, err
		}
		if saved = time.Now(); late && page.Next != es.End {
			return w.out, ErrUnfinished
		}
	}
	return w.out, nil
}

// resume begins a walk, or continues one: the stream that it was in the middle of is read again up to there.
func (v *verification) resume(ctx context.Context, from findings) (*walk, error) {
	w := &walk{
		verification: v, out: from, rowAt: map[RowKey]int{}, madeAt: map[string]RowKey{}, behind: map[es.StreamID]int64{},
		sample: smallest{most: (v.rebuilder.cfg.VerifySample + v.survey.Segments - 1) / v.survey.Segments},
		made:   smallest{most: v.rebuilder.cfg.VerifySample},
	}
	for i, row := range v.survey.Rows {
		w.rowAt[row.row()] = i
	}
	if len(w.out.Sums) == 0 {
		w.out.Sums = make([]map[string]Number, len(v.survey.Rows))
	}
	var err error
	if w.parked, err = parkedIn(ctx, v.target.sub.View, v.target.Generation); err != nil || from.Version == 0 {
		return w, err
	}
	at, err := v.target.sub.View.Checkpoints(ctx, v.target.Generation, from.Stream)
	if err != nil {
		return w, fmt.Errorf("checkpoint of %s: %w", from.Stream, err)
	}
	w.begin(from.Stream, at[from.Stream])
	for c, err := range v.rebuilder.engine.store.Read(ctx, from.Stream, es.Range{From: 1, To: from.Version}) {
		if corrupt := (*es.CorruptError)(nil); errors.As(err, &corrupt) { // the projector parks the stream
			w.unfolded, w.last, w.due = true, from.Version, from.Version
			break
		}
		if err != nil {
			return w, fmt.Errorf("read %s: %w", from.Stream, err)
		}
		w.take(ctx, &c)
	}
	return w, nil
}

// page processes a page, in which each stream's commits are adjacent.
func (w *walk) page(ctx context.Context, page es.ScanPage) error {
	var streams []es.StreamID
	for i := range page.Commits {
		s := page.Commits[i].Stream
		if w.target.reads(s.Type) && (len(streams) == 0 || streams[len(streams)-1] != s) {
			streams = append(streams, s)
		}
	}
	at, err := w.target.sub.View.Checkpoints(ctx, w.target.Generation, streams...)
	if err != nil {
		return fmt.Errorf("checkpoints: %w", err)
	}
	for i := range page.Commits {
		c := &page.Commits[i]
		if !w.target.reads(c.Stream.Type) {
			continue
		}
		if !w.following || c.Stream != w.stream {
			if err := w.end(ctx); err != nil {
				return err
			}
			w.begin(c.Stream, at[c.Stream])
		}
		w.take(ctx, c)
	}
	if page.Next == es.End {
		return w.end(ctx)
	}
	return nil
}

func (w *walk) begin(stream es.StreamID, at Checkpoint) {
	w.stream = stream
	w.follow = follow{
		following: true, at: at, sampled: !w.levelOnly && w.sample.take(stream.String()), sums: map[int]map[string]Number{},
	}
}

// take folds a commit, up to the checkpoint. Only what is compared is folded.
func (w *walk) take(ctx context.Context, c *es.Commit) {
	w.last = c.LastVersion()
	if w.target.concerned(c) {
		w.due = w.last
	}
	if w.unfolded || !w.sampled && len(w.rowAt) == 0 {
		return
	}
	steps := beyond(nil, c, 0)
	within := steps[:min(max(w.at.Version-c.Version+1, 0), int64(len(steps)))]
	if len(within) > 0 {
		state, rows, err := w.target.fold.fold(ctx, w.state, within)
		if failed := (*foldError)(nil); errors.As(err, &failed) {
			w.unfolded = true
			w.out.differ("%s@%d can't be folded: %v", w.stream, within[failed.index].version(), err)
			return
		}
		w.state, w.slots = state, rows.slots
		w.count(rows.list)
		w.append(rows.appended)
	}
	if w.at.RowsWritten > 0 && len(within) < len(steps) && steps[len(within)].version() == w.at.Version+1 {
		w.countPart(ctx, steps[len(within):len(within)+1])
	}
}

// countPart adds up the rows of the next event that are already written.
func (w *walk) countPart(ctx context.Context, next []step) {
	_, rows, err := w.target.fold.fold(ctx, w.state, next)
	if err != nil {
		return // the projector parks the stream for that
	}
	slices.SortFunc(rows.list, byKey)
	done := rows.list[:min(w.at.RowsWritten, len(rows.list))]
	w.count(slices.DeleteFunc(slices.Clone(done), func(row Write) bool { return row.Kind != Add }))
}

// count adds up a stream's writes to the surveyed rows, and keeps its own rows.
func (w *walk) count(rows []Write) {
	for _, row := range rows {
		if row.Kind != Add {
			if w.sampled {
				w.rows.set(row.id(), row)
			}
			continue
		}
		if i, chosen := w.rowAt[row.id()]; chosen {
			if w.sums[i] == nil {
				w.sums[i] = map[string]Number{}
			}
			add(w.sums[i], row.Counters)
		} else if name := row.Key.name(); w.made.take(name) {
			w.madeAt[name] = row.id()
		}
	}
}

// end compares a stream that was read to its end.
func (w *walk) end(ctx context.Context) error {
	if !w.following {
		return nil
	}
	w.following = false
	for i, sums := range w.sums {
		if w.out.Sums[i] == nil {
			w.out.Sums[i] = map[string]Number{}
		}
		add(w.out.Sums[i], sums)
	}
	if w.parked[w.stream] {
		return nil
	}
	if w.at.Version >= w.due {
		w.out.Report.Streams++
	} else {
		w.behind[w.stream] = w.due
	}
	if !w.sampled || w.unfolded || w.at.Version == 0 || w.at.Version > w.last {
		return nil
	}
	same, err := w.compare(ctx)
	if err == nil && same {
		w.out.Report.Compared++
	}
	return err
}

// append counts the rows that a stream appends, and keeps them.
func (w *walk) append(rows []AppendRow) {
	w.appended += int64(len(rows))
	for _, row := range rows {
		if w.sampled {
			w.rows.set(RowKey{Key: row.Key, Kind: AppendedRow}, Write{Kind: Put, Row: row.Row})
		}
	}
}

// compare compares a stream's stored state and rows. It reports false if the stream advanced since, so that it can't be
// compared.
func (w *walk) compare(ctx context.Context) (bool, error) {
	keys := slices.Collect(maps.Keys(w.rows.index))
	view, g := w.target.sub.View, w.target.Generation
	rows, err := view.Rows(ctx, g, keys...)
	at, err2 := view.Checkpoints(ctx, g, w.stream)
	if err := errors.Join(err, err2); err != nil {
		return false, fmt.Errorf("rows of %s: %w", w.stream, err)
	}
	now := at[w.stream]
	if now.Version != w.at.Version || now.Epoch() != w.at.Epoch() || now.RowsWritten > 0 {
		return false, nil
	}
	count := w.out.Count
	switch {
	case !sameJSON(w.at.State, w.state):
		w.out.differ("%s: the stored state differs from its events", w.stream)
	case !slices.EqualFunc(w.at.Slots, w.slots, sameSlot):
		w.out.differ("%s: its places in lists differ from its events", w.stream)
	case w.at.Appended != w.appended:
		w.out.differ("%s: it has appended %d rows, expected %d", w.stream, w.at.Appended, w.appended)
	}
	for key, i := range w.rows.index {
		if !w.same(key, w.rows.list[i], rows) {
			w.out.differ("%s: row %s|%s differs from its events", w.stream, key.Partition, key.Sort)
			break
		}
	}
	return w.out.Count == count, nil
}

// same reports whether a row is stored as the fold makes it.
func (w *walk) same(key RowKey, made Write, stored map[RowKey]Row) bool {
	row, there := stored[key]
	if there && key.Kind == AppendedRow {
		there = w.at.Shows(AppendRow{Key: key.Key, Epoch: row.Epoch, Row: row.Row})
	}
	return there == (made.Kind == Put) && (!there || sameJSON(row.Row, made.Row))
}

func sameSlot(a, b Slot) bool { return a.Key == b.Key && sameJSON(a.Row, b.Row) }
