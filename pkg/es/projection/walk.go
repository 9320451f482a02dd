package projection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// walk follows one segment of the history, and folds each stream of it up to its checkpoint.
type walk struct {
	*verification
	stream    es.StreamID // the one that the segment is in
	at        Checkpoint
	state     json.RawMessage
	rows      Writes // its own rows, if it is in the sample
	sampled   bool
	unfolded  bool  // an event can't be folded: the stream is, or will be, parked
	last      int64 // version
	following bool
}

// page takes in a page: each stream's commits come one after the other.
func (w *walk) page(ctx context.Context, page es.ScanPage) error {
	var streams []es.StreamID
	for i := range page.Commits {
		s := page.Commits[i].Stream
		if w.target.sub.Projection.Reads(s.Type) && (len(streams) == 0 || streams[len(streams)-1] != s) {
			streams = append(streams, s)
		}
	}
	at, err := w.target.sub.View.Checkpoints(ctx, w.target.Generation, streams...)
	if err != nil {
		return fmt.Errorf("checkpoints: %w", err)
	}
	for i := range page.Commits {
		c := &page.Commits[i]
		if !w.target.sub.Projection.Reads(c.Stream.Type) {
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
	w.mu.Lock()
	sampled := !w.levelOnly && w.sample.take(stream.String())
	w.mu.Unlock()
	*w = walk{verification: w.verification, stream: stream, at: at, sampled: sampled, following: true}
}

// take folds a commit, as far as the checkpoint goes. Only what is compared is folded.
func (w *walk) take(ctx context.Context, c *es.Commit) {
	w.last = c.LastVersion()
	if w.unfolded || !w.sampled && len(w.counters) == 0 {
		return
	}
	steps := beyond(nil, c, 0)
	within := steps[:min(max(w.at.Version-c.Version+1, 0), int64(len(steps)))]
	if len(within) > 0 {
		state, rows, err := w.target.fold.fold(ctx, w.state, within)
		if failed := (*foldError)(nil); errors.As(err, &failed) {
			w.unfolded = true
			w.differ("%s@%d can't be folded: %v", w.stream, within[failed.index].version(), err)
			return
		}
		w.state = state
		w.count(rows.list)
	}
	if w.at.Done > 0 && len(within) < len(steps) && steps[len(within)].version() == w.at.Version+1 {
		w.countPart(ctx, steps[len(within):len(within)+1])
	}
}

// countPart adds up the rows of the next event that are written already.
func (w *walk) countPart(ctx context.Context, next []step) {
	_, rows, err := w.target.fold.fold(ctx, w.state, next)
	if err != nil {
		return // it is parked for that
	}
	slices.SortFunc(rows.list, byKey)
	done := rows.list[:min(w.at.Done, len(rows.list))]
	w.count(slices.DeleteFunc(slices.Clone(done), func(row Write) bool { return row.Kind != Add }))
}

// count adds up what a stream does to the chosen shared rows, and keeps its own.
func (w *walk) count(rows []Write) {
	for _, row := range rows {
		if row.Kind != Add {
			if w.sampled {
				w.rows.set(row.id(), row)
			}
			continue
		}
		w.mu.Lock()
		if counters, chosen := w.counters[row.id()]; chosen {
			for name, n := range row.Counters {
				counters[name] = counters[name].Plus(n)
			}
		} else if name := row.Key.name(); w.made.take(name) {
			w.madeKeys[name] = row.id()
		}
		w.mu.Unlock()
	}
}

// end compares the stream that the walk has come to the end of.
func (w *walk) end(ctx context.Context) error {
	if !w.following || w.parked[w.stream] {
		return nil
	}
	w.following = false
	w.mu.Lock()
	if w.at.Version >= w.last {
		w.report.Streams++
	} else {
		w.behind[w.stream] = w.last
	}
	w.mu.Unlock()
	if !w.sampled || w.unfolded || w.at.Version == 0 || w.at.Version > w.last {
		return nil
	}
	same, err := w.compare(ctx)
	if err == nil && same {
		w.mu.Lock()
		w.report.Compared++
		w.mu.Unlock()
	}
	return err
}

// compare compares a stream's state and its own rows. If the stream moved on meanwhile, it can't be compared.
func (w *walk) compare(ctx context.Context) (bool, error) {
	keys := make([]RowKey, len(w.rows.list))
	for i, row := range w.rows.list {
		keys[i] = row.id()
	}
	view, g := w.target.sub.View, w.target.Generation
	rows, err := view.Rows(ctx, g, keys...)
	at, err2 := view.Checkpoints(ctx, g, w.stream)
	if err := errors.Join(err, err2); err != nil {
		return false, fmt.Errorf("rows of %s: %w", w.stream, err)
	}
	if at[w.stream].Version != w.at.Version || at[w.stream].Done > 0 {
		return false, nil
	}
	if !sameJSON(w.at.State, w.state) {
		w.differ("%s: the state is not that of its events", w.stream)
		return false, nil
	}
	for _, row := range w.rows.list {
		if stored, there := rows[row.id()]; there != (row.Kind == Put) || there && !sameJSON(stored.Row, row.Row) {
			w.differ("%s: row %s|%s is not that of its events", w.stream, row.Key.Partition, row.Key.Sort)
			return false, nil
		}
	}
	return true, nil
}

// smallest chooses the names with the smallest hashes: a sample that does not depend on the order in which they come.
type smallest struct {
	most    int
	names   map[string]uint64
	largest uint64 // of the hashes, once there are as many as wanted
}

// take tells whether a name is among the smallest so far. One that drops out is never taken again.
func (s *smallest) take(name string) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	sum := h.Sum64()
	if len(s.names) == s.most && sum > s.largest {
		return false
	}
	if s.names == nil {
		s.names = map[string]uint64{}
	}
	s.names[name] = sum
	if len(s.names) > s.most {
		maps.DeleteFunc(s.names, func(_ string, sum uint64) bool { return sum == s.largest })
	}
	if len(s.names) == s.most {
		s.largest = slices.Max(slices.Collect(maps.Values(s.names)))
	}
	_, taken := s.names[name]
	return taken
}
