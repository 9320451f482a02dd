package projection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// refold refolds one stream in one generation.
//
// Another process may advance the stream concurrently. Then the save fails its condition, the new events are folded
// too, and the save is tried again. The folded state and the appended rows are kept between tries, so each try takes
// less time.
type refold struct {
	*batch
	t      *target
	stream es.StreamID
	isFed  bool
	// rows are the keys of the rows that the stream may have had when they were scanned.
	rows []RowKey
	refoldedStream
	appending
	// parked is why the stream was parked before the refold.
	parked *Parked
	out    Refolded
}

// refoldedStream is the result of folding a stream up to a version.
type refoldedStream struct {
	version  int64
	state    []byte
	owner    string
	places   []Slot
	appended []AppendRow // without their epochs
	own      Writes      // the last write to each own row
}

// refoldRounds is how often a stream is refolded in one call if it advances while its rows are scanned.
const refoldRounds = 3

// run refolds the stream from its checkpoint, if it has one.
func (f *refold) run(ctx context.Context, at Checkpoint, there bool) (err error) {
	if !there {
		if at, there, err = f.begin(ctx); err != nil || !there {
			return err
		}
	}
	for range refoldRounds {
		done, moved, err := f.replace(ctx, at)
		if err != nil || done == nil {
			return err
		}
		again := false
		if moved { // rows may have been stored after the scan
			if at, again, err = f.scanAgain(ctx); err != nil {
				return err
			}
		}
		if err := f.emptyOthers(ctx, *done); err != nil {
			return err
		}
		if !again {
			f.tell(ctx, *done)
			return f.retry(ctx)
		}
	}
	return ErrStale
}

// begin folds a stream that has no checkpoint, because another process may be about to store what it folded. The
// checkpoint that this stores, in epoch 0, is then replaced like any other.
func (f *refold) begin(ctx context.Context) (at Checkpoint, there bool, err error) {
	if !f.isFed {
		return at, false, nil
	}
	if err := f.level(ctx, f.t, f.stream, mode{level: true}); err != nil {
		return at, false, err
	}
	return f.checkpoint(ctx)
}

// retry retries a stream that was parked.
func (f *refold) retry(ctx context.Context) error {
	if f.parked == nil || !f.isFed {
		return nil
	}
	return f.level(ctx, f.t, f.stream, mode{level: true, retry: true, suspect: f.parked.Reason == Crashed})
}

// tell notifies of the change, and logs it.
func (f *refold) tell(ctx context.Context, done Checkpoint) {
	f.changed(f.way(f.t, f.stream, done))
	f.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "a stream was refolded",
		slog.String("projection", f.t.sub.name()), slog.Int("generation", int(f.t.Generation)),
		slog.String("stream", f.stream.String()), slog.Int64("version", done.Version), slog.Int("epoch", done.Epoch()))
}

func (f *refold) checkpoint(ctx context.Context) (at Checkpoint, there bool, err error) {
	f.forget(f.t.place(f.stream))
	read, err := f.t.sub.View.Checkpoints(ctx, f.t.Generation, f.stream)
	if err != nil {
		return at, false, fmt.Errorf("checkpoint: %w", err)
	}
	at, there = read[f.stream]
	return at, there, nil
}

// replace replaces the document, and returns its checkpoint, or nil if the stream has none any more. It reports whether
// the stream advanced concurrently.
func (f *refold) replace(ctx context.Context, at Checkpoint) (done *Checkpoint, moved bool, err error) {
	for attempt := range staleAttempts {
		if attempt > 0 {
			if err := sleep(ctx, rand.N(staleBackoff<<min(attempt, 7))); err != nil {
				return nil, moved, err
			}
			var there bool
			if at, there, err = f.checkpoint(ctx); err != nil || !there {
				return nil, moved, err
			}
		}
		done, err = f.once(ctx, at)
		if !errors.Is(err, ErrStale) {
			break
		}
		moved = true
	}
	return done, moved, err
}

// once folds up to a checkpoint, and replaces the document there. The fold comes first: if it fails, nothing is
// changed.
func (f *refold) once(ctx context.Context, at Checkpoint) (*Checkpoint, error) {
	if err := f.foldTo(ctx, at.Version); err != nil {
		return nil, err
	}
	if at.Parked != nil {
		f.parked = at.Parked
	}
	at, err := f.appendAll(ctx, at)
	if err != nil {
		return nil, err
	}
	writes, err := f.ownWrites(ctx, at)
	if err != nil {
		return nil, err
	}
	return f.saveAll(ctx, at, writes)
}

// foldTo folds up to a version. If a higher version was folded before, the table was restored: it starts over.
func (f *refold) foldTo(ctx context.Context, version int64) error {
	if version < f.version {
		f.refoldedStream = refoldedStream{}
	}
	if version == f.version {
		return nil
	}
	var page []step
	for c, err := range f.store.Read(ctx, f.stream, es.Range{From: f.version + 1, To: version}) {
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		page = beyond(page, &c, f.version)
		page = page[:min(int64(len(page)), max(version-f.version, 0))]
		if len(page) >= pageEvents {
			if err := f.foldPage(ctx, page); err != nil {
				return err
			}
			page = nil
		}
	}
	if err := f.foldPage(ctx, page); err != nil {
		return err
	}
	if f.version != version {
		return fmt.Errorf("the events end at version %d, but the checkpoint is at %d", f.version, version)
	}
	return nil
}

func (f *refold) foldPage(ctx context.Context, page []step) error {
	if len(page) == 0 {
		return nil
	}
	state, w, err := f.t.fold.fold(ctx, f.state, page)
	if failed := (*foldError)(nil); errors.As(err, &failed) {
		at := page[failed.index]
		return fmt.Errorf("@%d: %w", at.version(), confidential(f.t, at.commit, err))
	}
	if err != nil {
		return err
	}
	if page[0].version() == 1 {
		f.owner = page[0].commit.Meta.Actor
	}
	f.state, f.places, f.version = state, w.slots, lastOf(page)
	f.appended = append(f.appended, w.appended...)
	for _, row := range w.list {
		if row.Kind != Add {
			f.own.set(row.id(), row)
		}
	}
	return nil
}

// next is the checkpoint with the replaced document. A stream that was parked becomes behind, so that what was
// delivered while it was parked is not missed, even if this process ends here.
func (f *refold) next(at Checkpoint) Checkpoint {
	next := at
	next.Parked, next.Behind = nil, at.Behind || at.Parked != nil
	next.State, next.Slots, next.Appended = f.state, f.places, int64(len(f.appended))
	next.Owner = cmp.Or(f.owner, at.Owner)
	next.Rises = f.rises
	return next
}

// inEpoch are append rows with an epoch.
func inEpoch(rows []AppendRow, epoch int) []AppendRow {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].Epoch = epoch
	}
	return rows
}
