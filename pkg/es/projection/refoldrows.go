package projection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// appending is how far the rows of a refold are appended.
type appending struct {
	claimed int   // the checkpoint's epoch as this process raised it last
	to      int64 // the version up to which all rows are appended
	n       int   // how many rows these are
	rises   []Rise
}

// appendAll appends the rows that are not appended yet, and returns the checkpoint with its new epoch. The new document
// gets f.rises.
//
// Each try has epochs of its own. It first raises the stored epoch by one, which changes nothing that is shown, and
// appends its rows in an epoch two above that. They replace rows of an earlier try that was interrupted, perhaps by a
// fold with another result; in the same epoch the old rows would stay. The document gets the higher epoch too, so that
// a process that read the raised checkpoint with the old document can't save it. Events that the projector applies
// concurrently have later versions than those of this try. The epoch between the two is for empty rows beyond the
// document: see emptyOthers.
func (f *refold) appendAll(ctx context.Context, at Checkpoint) (Checkpoint, error) {
	if !f.t.fold.appends() {
		f.rises = at.Raised(1).Rises
		return at, nil
	}
	if at.Epoch() != f.claimed { // another process parked or refolds the stream
		f.appending = appending{}
	}
	at, err := f.claim(ctx, at)
	if err != nil {
		return at, err
	}
	f.claimed = at.Epoch()
	epoch, from := f.claimed+2, f.to+1
	f.rises = slices.DeleteFunc(slices.Clone(f.rises), func(r Rise) bool { return r.From >= from })
	f.rises = append(f.rises, Rise{From: from, Epoch: epoch})
	if err := f.append(ctx, inEpoch(f.appended[f.n:], epoch)); err != nil {
		return at, err
	}
	f.n, f.to = len(f.appended), f.version
	return at, nil
}

// claim raises the epoch from the next version on.
func (f *refold) claim(ctx context.Context, at Checkpoint) (Checkpoint, error) {
	f.forget(f.t.place(f.stream))
	raised := at.Raised(at.Version + 1)
	view, g := f.t.sub.View, f.t.Generation
	var err error
	if at.Parked != nil {
		err = view.Park(ctx, g, f.stream, at, *at.Parked)
	} else {
		err = view.Save(ctx, g, []CheckpointUpdate{{f.stream, at, raised}}, nil)
	}
	if err != nil {
		return at, fmt.Errorf("raise the epoch @%d: %w", at.Version, err)
	}
	return raised, nil
}

func (f *refold) append(ctx context.Context, rows []AppendRow) error {
	for chunk := range slices.Chunk(rows, pageEvents) {
		if err := f.t.sub.View.Append(ctx, f.t.Generation, chunk...); err != nil {
			return fmt.Errorf("append: %w", err)
		}
		f.out.Rows += len(chunk)
	}
	return nil
}

// emptyOthers overwrites append rows that the fold does not make, up to the version of a checkpoint, by empty rows.
// Rows beyond it belong to attempts that were not saved. They are emptied too, but in an epoch below the document's, so
// that the process that applies those events can replace them.
func (f *refold) emptyOthers(ctx context.Context, done Checkpoint) error {
	made := make(map[Key]bool, len(f.appended))
	for _, row := range f.appended {
		made[row.Key] = true
	}
	var others []AppendRow
	for _, key := range f.rows {
		row := AppendRow{Key: key.Key, Epoch: done.Epoch()}
		switch v := row.Version(); {
		case key.Kind != AppendedRow, v == 0:
			continue
		case v > done.Version:
			row.Epoch--
		case made[key.Key]:
			continue
		}
		others = append(others, row)
	}
	return f.append(ctx, others)
}

// ownWrites are the writes that make the stored own rows equal to those that the fold makes up to a checkpoint.
func (f *refold) ownWrites(ctx context.Context, at Checkpoint) ([]Write, error) {
	if !f.t.owns() {
		return nil, nil
	}
	made, all, err := f.made(ctx, at)
	if err != nil {
		return nil, err
	}
	if all {
		if err := f.deleteOthers(ctx, made); err != nil {
			return nil, err
		}
	}
	stored, err := f.t.sub.View.Rows(ctx, f.t.Generation, slices.Collect(maps.Keys(made))...)
	if err != nil {
		return nil, fmt.Errorf("rows: %w", err)
	}
	var writes []Write
	for key, w := range made {
		if row, there := stored[key]; there != (w.Kind == Put) || there && !bytes.Equal(row.Row, w.Row) {
			writes = append(writes, w)
		}
	}
	slices.SortFunc(writes, byKey)
	return writes, nil
}

// deleteOthers adds deletions of own rows that the fold does not make to the rows that it makes.
func (f *refold) deleteOthers(ctx context.Context, made map[RowKey]Write) error {
	for _, key := range f.rows {
		if _, there := made[key]; there || key.Kind != OwnRow {
			continue
		}
		own, err := f.isOwn(ctx, key)
		if err != nil {
			return err
		}
		if own {
			made[key] = Write{Kind: Delete, Key: key.Key}
		}
	}
	return nil
}

// made are the own rows that the fold makes up to a checkpoint. If the next event is half done, its rows that are
// counted as written are included. If that event can't be folded now, its rows are unknown, and all is false.
func (f *refold) made(ctx context.Context, at Checkpoint) (made map[RowKey]Write, all bool, err error) {
	made = make(map[RowKey]Write, len(f.own.list))
	for _, row := range f.own.list {
		made[row.id()] = row
	}
	if at.RowsWritten == 0 {
		return made, true, nil
	}
	next := es.Range{From: at.Version + 1, To: at.Version + 1}
	for c, err := range f.store.Read(ctx, f.stream, next) {
		if errors.As(err, new(*es.CorruptError)) {
			return made, false, nil
		}
		if err != nil {
			return nil, false, fmt.Errorf("read: %w", err)
		}
		steps := beyond(nil, &c, at.Version)
		_, w, err := f.t.fold.fold(ctx, f.state, steps[:1])
		if err != nil {
			return made, false, nil
		}
		slices.SortFunc(w.list, byKey)
		for _, row := range w.list[:min(at.RowsWritten, len(w.list))] {
			if row.Kind != Add {
				made[row.id()] = row
			}
		}
		return made, true, nil
	}
	return made, false, nil
}

// isOwn reports whether a row that the fold does not make belongs to the stream, although by its key it could be
// another stream's.
func (f *refold) isOwn(ctx context.Context, key RowKey) (bool, error) {
	others := slices.DeleteFunc(f.t.mayOwn(key), func(s es.StreamID) bool { return s == f.stream })
	if len(others) == 0 {
		return true, nil
	}
	at, err := f.t.sub.View.Checkpoints(ctx, f.t.Generation, others...)
	if err != nil {
		return false, fmt.Errorf("checkpoints: %w", err)
	}
	for _, other := range others {
		if cp, there := at[other]; there {
			if made, err := f.makes(ctx, f.t, other, cp, key); made || err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// saveAll replaces the document together with its own rows. If the rows do not fit into one save, the rest is saved
// before, on condition that the checkpoint is unchanged.
func (f *refold) saveAll(ctx context.Context, at Checkpoint, writes []Write) (*Checkpoint, error) {
	f.forget(f.t.place(f.stream))
	room, alone := f.t.room().rows, false
	for {
		n := min(len(writes), room)
		if at.Parked != nil { // a parked checkpoint counts twice
			n = min(n, room-1)
		}
		last := n == len(writes) && (n == 0 || !alone)
		next := f.next(at)
		if !last {
			next = at
			next.Parked, next.Behind = nil, at.Behind || at.Parked != nil
		}
		err := f.t.sub.View.Save(ctx, f.t.Generation, []CheckpointUpdate{{f.stream, at, next}}, writes[:n])
		switch {
		case errors.Is(err, ErrTooLarge) && n > 1:
			room = n / 2
			continue
		case errors.Is(err, ErrTooLarge) && n == 1 && last: // the row and the document are too large together
			alone = true
			continue
		case err != nil:
			return nil, fmt.Errorf("save @%d: %w", at.Version, err)
		}
		f.out.Rows += n
		if last {
			f.out.Documents++
			return &next, nil
		}
		at, writes = next, writes[n:]
	}
}

// scanAgain scans again for rows of a stream that advanced after the scan, and returns the checkpoint. It reports
// whether the stream must be refolded once more, because stored own rows differ from those that the fold makes.
func (f *refold) scanAgain(ctx context.Context) (at Checkpoint, again bool, err error) {
	rows, err := f.t.rowsOf(ctx, []es.StreamID{f.stream})
	if err != nil {
		return at, false, err
	}
	f.rows = rows[f.stream]
	at, there, err := f.checkpoint(ctx)
	if err != nil || !there {
		return at, false, err
	}
	if err := f.foldTo(ctx, at.Version); err != nil {
		return at, false, err
	}
	writes, err := f.ownWrites(ctx, at)
	return at, len(writes) > 0, err
}
