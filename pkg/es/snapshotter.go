package es

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// SnapshotDue reports whether a commit reached a version at which a snapshot is to be made.
func (r *Repository[S, E]) SnapshotDue(c *Commit) bool {
	every := int64(r.cfg.Snapshots.Every)
	return r.cfg.Snapshots.Store != nil && c.Stream.Type == r.aggregate.StreamType &&
		c.LastVersion()/every > (c.Version-1)/every
}

// Snapshot stores a snapshot of the stream's current state. Call it outside of commands, such as from a consumer of the
// table's stream. If the state is too large, it logs a warning and stores nothing.
//
// Errors: those of [Repository.Load] and [SnapshotStore].
func (r *Repository[S, E]) Snapshot(ctx context.Context, stream StreamID) error {
	f, err := r.fold(ctx, stream, func(*Commit) error { return nil })
	if err != nil || f.last == nil { // no commits since the last snapshot
		return err
	}
	state, err := json.Marshal(f.state)
	if err != nil {
		return fmt.Errorf("encode snapshot of %s: %w", stream, err)
	}
	snapshot := Snapshot{
		At: StreamVersion{stream, f.last.Version}, Hash: f.last.Hash, Version: f.last.LastVersion(),
		Schema: r.cfg.Snapshots.Schema, State: state, Commands: f.commands.recent,
	}
	if r.aggregate.Events.HasPersonal() {
		snapshot.After = f.resumed
	}
	for _, b := range f.commands.blocks { // save blocks before the snapshot that names them
		if !b.kept {
			if err := r.cfg.Snapshots.Store.SaveCommands(ctx, stream, b.CommandBlock, b.inOrder()); err != nil {
				return err
			}
		}
		snapshot.Blocks = append(snapshot.Blocks, b.CommandBlock)
	}
	if overdue(f.until) {
		r.executor.cfg.Log.WarnContext(ctx, "snapshot not written: its events were read so long ago that a person in "+
			"them may have been forgotten since", "stream", stream.String())
		return nil
	}
	err = r.cfg.Snapshots.Store.SaveSnapshot(ctx, snapshot)
	if errors.As(err, new(*LimitError)) {
		r.executor.cfg.Log.WarnContext(ctx, "snapshot not written", "error", err)
		return nil
	}
	return err
}
