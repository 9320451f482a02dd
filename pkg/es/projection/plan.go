package projection

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// pageEvents is the largest number of events that are folded into one save.
const pageEvents = 500

// room is what one save can hold: events of a stream, and rows besides checkpoints.
type room struct{ steps, rows int }

func (t *target) room() room { return room{pageEvents, t.sub.View.MaxWrites() - 1} }

// less is the room to try after a move was too large. It reports false if the move can't be smaller.
func (r room) less(m *move) (room, bool) {
	switch {
	case m.steps > 1:
		return room{m.steps / 2, r.rows}, true
	case len(m.rows) > 1:
		return room{1, len(m.rows) / 2}, true
	}
	return r, false
}

// move is what one save does for a stream.
type move struct {
	CheckpointUpdate
	rows     []Write
	appended []AppendRow
	// steps is how many of the events it applies. 0: it writes some of the rows of the first event.
	steps int
	// recorded is when the last commit that it applies was recorded.
	recorded time.Time
}

// plan plans one save for the events beyond a checkpoint, at least one event: as many as there is room for. It reads
// and changes nothing, except that a reaction reacts.
//
// The error is about the first event that the move does not apply. If that is the first event, there is no move.
func (t *target) plan(
	ctx context.Context, stream es.StreamID, at Checkpoint, steps []step, r room, now time.Time,
) (*move, *foldError) {
	n := min(len(steps), r.steps)
	if at.RowsWritten > 0 { // finish the half-written event alone
		n = 1
	}
	var refused *foldError
	for {
		state, w, err := t.foldSteps(ctx, at.State, steps[:n])
		if errors.As(err, &refused) {
			switch n = refused.index; {
			case n == 0:
				return nil, refused
			case t.fold.acts(): // the events before it are handled, with effects
				state, w = nil, &Writes{}
			default:
				continue
			}
		}
		// RowsWritten counts the rows in order of their keys: a fold may write them in another order next time.
		rows := slices.SortedFunc(slices.Values(w.list), byKey)
		rows = rows[min(at.RowsWritten, len(rows)):]
		switch {
		case len(rows) <= r.rows:
			return at.move(stream, steps[:n], state, w, rows, now), refused
		case n > 1:
			n, refused = n/2, nil
		case r.rows == 0:
			return nil, &foldError{err: ErrTooLarge}
		default:
			return at.part(stream, steps[0], w, rows[:r.rows]), nil
		}
	}
}

// foldSteps folds the events that the target may handle: see present.
func (t *target) foldSteps(ctx context.Context, state []byte, steps []step) ([]byte, *Writes, error) {
	present := t.present(steps)
	out, w, err := t.fold.fold(ctx, state, present)
	if failed := (*foldError)(nil); errors.As(err, &failed) {
		failed.index += len(steps) - len(present)
	}
	return out, w, err
}

// move is the save that applies events.
func (c Checkpoint) move(stream es.StreamID, steps []step, state []byte, w *Writes, rows []Write, now time.Time) *move {
	last := steps[len(steps)-1]
	next := Checkpoint{
		Version: last.version(), Hash: last.commit.Hash, State: state, Owner: c.Owner,
		At:    now.UTC().Truncate(time.Microsecond),
		Rises: c.Rises, Appended: c.Appended + int64(len(w.appended)), Slots: w.slots,
	}
	if steps[0].version() == 1 {
		next.Owner = steps[0].commit.Meta.Actor
	}
	return &move{CheckpointUpdate{stream, c, next}, rows, c.appends(w), len(steps), last.commit.At}
}

// appends are the rows that a fold appends, with the checkpoint's epoch.
func (c Checkpoint) appends(w *Writes) []AppendRow {
	for i := range w.appended {
		w.appended[i].Epoch = c.Epoch()
	}
	return w.appended
}

// part is the save that writes some rows of an event. It moves the checkpoint to the version right before the event: a
// process that has not skipped the events between would take another event for the half-written one. The first part
// also appends the event's append rows. If these are too large, none of its rows is written.
func (c Checkpoint) part(stream es.StreamID, s step, w *Writes, rows []Write) *move {
	next := c
	var appended []AppendRow
	if c.RowsWritten == 0 {
		appended = c.appends(w)
	}
	if s.version() > c.Version+1 {
		next.Version, next.Hash = s.version()-1, s.commit.Prev
	}
	next.RowsWritten += len(rows)
	next.Parked = nil
	return &move{CheckpointUpdate: CheckpointUpdate{stream, c, next}, rows: rows, appended: appended}
}

// beyond adds the events of a commit that are beyond a version to steps.
func beyond(steps []step, commit *es.Commit, version int64) []step {
	for i := range commit.Events {
		if s := (step{commit, i}); s.version() > version {
			steps = append(steps, s)
		}
	}
	return steps
}

// fits reports whether no version is missing between a version and the delivered commits, which are sorted by version.
func fits(version int64, delivered []*es.Commit) bool {
	for _, commit := range delivered {
		if commit.Version > version+1 {
			return false
		}
		version = max(version, commit.LastVersion())
	}
	return true
}
