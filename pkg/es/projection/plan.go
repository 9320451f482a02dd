package projection

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// pageEvents is how many events are folded into one save at most.
const pageEvents = 500

// room is what one save can hold: of a stream's events, and of rows besides checkpoints.
type room struct{ steps, rows int }

func (t *target) room() room { return room{pageEvents, t.sub.View.MaxWrites() - 1} }

// less is the room that is left once a move was too large, false if the move can't be smaller.
func (r room) less(m *move) (room, bool) {
	switch {
	case m.steps > 1:
		return room{m.steps / 2, r.rows}, true
	case len(m.rows) > 1:
		return room{1, len(m.rows) / 2}, true
	}
	return r, false
}

// move is what one save does about a stream.
type move struct {
	CheckpointUpdate
	rows     []Write
	appended []AppendRow
	// steps is how many of the events it applies. 0: it writes a part of the rows of the first.
	steps int
	// recorded is when the last commit was recorded that it applies.
	recorded time.Time
}

// plan says what one save is to do about the events beyond a checkpoint, of which there is one at least: as many of them as
// there is room for. It asks nothing and changes nothing, but that a reaction reacts.
//
// The error is about the first event after those that the move applies; there is no move if that is the first of all.
func (t *target) plan(ctx context.Context, stream es.StreamID, at Checkpoint, steps []step, r room, now time.Time) (*move, *foldError) {
	n := min(len(steps), r.steps)
	if at.RowsWritten > 0 { // the event that is half done, alone
		n = 1
	}
	var refused *foldError
	for {
		state, w, err := t.foldSteps(ctx, at.State, steps[:n])
		if errors.As(err, &refused) {
			switch n = refused.index; {
			case n == 0:
				return nil, refused
			case !t.fold.rebuilds(): // it has reacted to those before
				state, w = nil, &Writes{}
			default:
				continue
			}
		}
		rows := slices.SortedFunc(slices.Values(w.list), byKey) // RowsWritten counts them: a fold may write them in another order next time
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

// foldSteps folds those of the events that are not of the past.
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
		Version: last.version(), Hash: last.commit.Hash, State: state, Owner: c.Owner, At: now.UTC().Truncate(time.Microsecond),
		Rises: c.Rises, Appended: c.Appended + int64(len(w.appended)), Slots: w.slots,
	}
	if steps[0].version() == 1 {
		next.Owner = steps[0].commit.Meta.Actor
	}
	return &move{CheckpointUpdate{stream, c, next}, rows, c.appends(w), len(steps), last.commit.At}
}

// appends are the rows that a fold appends, in the checkpoint's epoch.
func (c Checkpoint) appends(w *Writes) []AppendRow {
	for i := range w.appended {
		w.appended[i].Epoch = c.Epoch()
	}
	return w.appended
}

// part is the save that writes some rows of an event. The checkpoint comes right before it: to a process that did not see pass what
// does not concern the projection, another event would be the next. The first part appends what the event appends: if that is too
// large, none of its rows is written.
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

// beyond appends the events of a commit that are beyond a version.
func beyond(steps []step, commit *es.Commit, version int64) []step {
	for i := range commit.Events {
		if s := (step{commit, i}); s.version() > version {
			steps = append(steps, s)
		}
	}
	return steps
}

// fits tells whether nothing is missing between a version and commits, which are sorted by version.
func fits(version int64, delivered []*es.Commit) bool {
	for _, commit := range delivered {
		if commit.Version > version+1 {
			return false
		}
		version = max(version, commit.LastVersion())
	}
	return true
}
