package es

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// SnapshotDue tells whether a commit passed one of the versions at which a snapshot is made.
func (r *Repository[S, E]) SnapshotDue(c *Commit) bool {
	every := int64(r.cfg.Snapshots.Every)
	return r.cfg.Snapshots.Store != nil && c.Stream.Type == r.aggregate.StreamType &&
		c.LastVersion()/every > (c.Version-1)/every
}

// Snapshot keeps a snapshot of a stream as it is now. It is for the side that commands do not wait for. A stream with
// too large a state gets none.
//
// Errors: those of [Repository.Load] and [SnapshotStore].
func (r *Repository[S, E]) Snapshot(ctx context.Context, stream StreamID) error {
	f, err := r.fold(ctx, stream, func(*Commit) error { return nil })
	if err != nil || f.last == nil { // nothing new since the last snapshot
		return err
	}
	state, err := json.Marshal(f.state)
	if err != nil {
		return fmt.Errorf("snapshot of %s: %w", stream, err)
	}
	snapshot := Snapshot{
		At: StreamVersion{stream, f.last.Version}, Hash: f.last.Hash, Version: f.last.LastVersion(),
		Schema: r.cfg.Snapshots.Schema, State: state, Commands: f.commands.recent,
	}
	for _, b := range f.commands.blocks { // before the snapshot that names them
		if !b.kept {
			if err := r.cfg.Snapshots.Store.SaveCommands(ctx, stream, b.CommandBlock, b.inOrder()); err != nil {
				return err
			}
		}
		snapshot.Blocks = append(snapshot.Blocks, b.CommandBlock)
	}
	err = r.cfg.Snapshots.Store.SaveSnapshot(ctx, snapshot)
	if errors.As(err, new(*LimitError)) {
		r.executor.cfg.Log.WarnContext(ctx, "no snapshot written", "error", err)
		return nil
	}
	return err
}
