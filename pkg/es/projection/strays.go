package projection

import (
	"context"
	"errors"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// compareOwned looks for rows that belong to a stream but that its events do not make.
func (v *verification) compareOwned(ctx context.Context, out *findings) error {
	for _, key := range v.survey.Owned {
		stray, err := v.isStray(ctx, key)
		if err != nil {
			return fmt.Errorf("verify %s: row %s|%s: %w", v.target, key.Partition, key.Sort, err)
		}
		if stray {
			out.differ("row %s|%s is stored, but no event makes it", key.Partition, key.Sort)
		}
	}
	return nil
}

// isStray reports whether a row exists, counts, and is made by none of the streams that it may belong to. A stream that
// advances concurrently, or can't be folded, is assumed to make it.
func (v *verification) isStray(ctx context.Context, key RowKey) (bool, error) {
	view, g := v.target.sub.View, v.target.Generation
	streams := v.target.mayOwn(key)
	before, err := view.Checkpoints(ctx, g, streams...)
	if err != nil {
		return false, err
	}
	for _, stream := range streams {
		if made, err := v.rebuilder.engine.makes(ctx, v.target, stream, before[stream], key); made || err != nil {
			return false, err
		}
	}
	rows, err := view.Rows(ctx, g, key)
	if err != nil {
		return false, err
	}
	row, there := rows[key]
	after, err := view.Checkpoints(ctx, g, streams...)
	if err != nil || !there {
		return false, err
	}
	for _, stream := range streams {
		if before[stream].Version != after[stream].Version || before[stream].Epoch() != after[stream].Epoch() {
			return false, nil
		}
	}
	if key.Kind == AppendedRow {
		return len(streams) > 0 && before[streams[0]].Shows(AppendRow{Key: key.Key, Epoch: row.Epoch, Row: row.Row}), nil
	}
	return true, nil
}

// mayOwn are the streams that a row may belong to: there may be several, since stream names and keys may contain '|'.
func (t *target) mayOwn(key RowKey) (streams []es.StreamID) {
	for i, c := range key.Sort {
		s, err := es.ParseStreamID(key.Sort[i+1:])
		if c == '|' && err == nil && t.fold.Reads(s.Type) {
			streams = append(streams, s)
		}
	}
	return streams
}

// makes reports whether a stream's events make a row in a target up to a checkpoint, or may make it.
func (e *Engine) makes(ctx context.Context, t *target, stream es.StreamID, at Checkpoint, key RowKey) (bool, error) {
	if at.RowsWritten > 0 || at.Parked != nil {
		return true, nil
	}
	var state []byte
	made := false
	for c, err := range e.store.Read(ctx, stream, es.Range{From: 1, To: max(at.Version, 1)}) {
		if errors.As(err, new(*es.CorruptError)) { // the rows it made are unknown
			return true, nil
		}
		if err != nil {
			return false, err
		}
		steps := beyond(nil, &c, 0)
		steps = steps[:min(max(at.Version-c.Version+1, 0), int64(len(steps)))]
		next, w, err := t.fold.fold(ctx, state, steps)
		if err != nil { // the walk reports this error
			return true, nil
		}
		state = next
		for _, row := range w.list {
			if row.id() == key {
				made = row.Kind == Put
			}
		}
		for _, row := range w.appended {
			made = made || key.Kind == AppendedRow && row.Key == key.Key
		}
	}
	return made, nil
}
