package es

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// folded is an aggregate's state at a head, and the known commands of its stream.
type folded[S any] struct {
	state    S
	head     Head
	commands knownCommands
	owner    string    // the stream's owner, "" if it is not known
	until    time.Time // when this process must forget the state, zero = never
	resumed  int64     // the version of the snapshot that it was folded from, 0 = none
	last     *Commit   // the last commit folded in this call, nil if there was none
}

// cachedState is the cache's entry for a stream. The state is kept as JSON so that callers never share it.
type cachedState struct {
	state    json.RawMessage
	head     Head
	commands knownCommands
	owner    string
	until    time.Time
}

// recall returns a copy of the cached state of a stream.
func (r *Repository[S, E]) recall(stream StreamID) (folded[S], bool) {
	var f folded[S]
	if r.cfg.StateCache == nil {
		return f, false
	}
	kept, ok := r.cfg.StateCache.Get(stream)
	if !ok {
		return f, false
	}
	warm, ok := kept.(cachedState)
	if !ok || overdue(warm.until) || json.Unmarshal(warm.state, &f.state) != nil {
		return folded[S]{}, false
	}
	f.head, f.commands, f.owner, f.until = warm.head, warm.commands.clipped(), warm.owner, warm.until
	return f, true
}

// keep puts a state into the cache.
func (r *Repository[S, E]) keep(f folded[S]) {
	if r.cfg.StateCache == nil || f.head.Version() == 0 {
		return
	}
	if state, err := json.Marshal(f.state); err == nil {
		r.cfg.StateCache.Add(f.head.Stream(), cachedState{
			state: state, head: f.head, commands: f.commands, owner: f.owner, until: f.until,
		})
	}
}

// fold reads a stream to its end, strongly consistent, and returns the state there. It starts from the cached state,
// else from the snapshot, else from the first event. It passes each commit that it reads to visit; an error of visit
// ends the fold and is returned unchanged.
func (r *Repository[S, E]) fold(ctx context.Context, stream StreamID, visit func(*Commit) error) (folded[S], error) {
	store := r.executor.store
	f, warm := r.recall(stream)
	var err error
	if warm {
		f.head, err = store.Load(ctx, f.head, r.onto(&f, visit))
		return f, err
	}
	resumed, err := r.resume(ctx, stream, &f, r.onto(&f, visit))
	if !resumed {
		return r.foldWhole(ctx, stream, visit)
	}
	return f, err
}

// foldWhole is fold, always from the first event.
func (r *Repository[S, E]) foldWhole(
	ctx context.Context, stream StreamID, visit func(*Commit) error,
) (f folded[S], err error) {
	store := r.executor.store
	f.head, err = store.Load(ctx, store.Empty(stream), r.onto(&f, visit))
	return f, err
}

// onto returns a function that folds commits into f and passes them to visit.
func (r *Repository[S, E]) onto(f *folded[S], visit func(*Commit) error) func(*Commit) error {
	h := sync.OnceValue(r.horizon)
	return func(c *Commit) error {
		if err := r.aggregate.apply(&f.state, c); err != nil {
			return err
		}
		if c.Version == 1 && r.aggregate.Events.HasPersonal() {
			var err error
			if f.owner, err = r.aggregate.ownerOf(c); err != nil {
				return err
			}
		}
		f.commands.add(c, h)
		f.until, f.last = c.keepUntil(f.until), c
		return visit(c)
	}
}

// horizon returns the current limits for known commands.
func (r *Repository[S, E]) horizon() horizon {
	now := time.Now()
	if clock, ok := r.executor.store.(Clock); ok {
		now = clock.Now()
	}
	return horizon{now: now, length: r.cfg.Horizon, most: r.cfg.HorizonCommands}
}

// recognize returns errReplayed if the decision's command is among the stream's known commands. If its blocks of
// commands cannot be read, it searches the whole stream.
func (r *Repository[S, E]) recognize(tx *Tx, stream StreamID, f *folded[S]) error {
	if tx.cmd.Ref.ID == "" {
		return nil
	}
	load := func(ctx context.Context, blocks []CommandBlock) ([][]KnownCommand, error) {
		return r.cfg.Snapshots.Store.LoadCommands(ctx, stream, blocks...)
	}
	version, found, err := f.commands.find(tx.ctx, tx.cmd.Ref.ID, load)
	switch {
	case errors.Is(err, ErrNoBlock):
		r.executor.cfg.Count(SnapshotUnused)
		r.executor.cfg.Log.WarnContext(tx.ctx, "command block not usable, folding the whole stream",
			"stream", stream.String(), "error", err)
		whole, err := r.foldWhole(tx.ctx, stream, tx.recognize)
		if err == nil || errors.Is(err, errReplayed) {
			*f = whole
		}
		return err
	case err != nil || !found:
		return err
	}
	return tx.recognizeAt(stream, version)
}

// resume folds a stream from its snapshot. It returns false if no snapshot could be used.
func (r *Repository[S, E]) resume(
	ctx context.Context, stream StreamID, f *folded[S], apply func(*Commit) error,
) (bool, error) {
	if r.cfg.Snapshots.Store == nil {
		return false, nil
	}
	asked := time.Now().Round(0)
	snapshot, err := r.cfg.Snapshots.Store.LoadSnapshot(ctx, stream)
	if err == nil && snapshot == nil {
		r.executor.cfg.Count(SnapshotMiss)
		return false, nil
	}
	if err == nil && snapshot.Schema != r.cfg.Snapshots.Schema {
		err = fmt.Errorf("snapshot schema is %d, expected %d", snapshot.Schema, r.cfg.Snapshots.Schema)
	}
	if err == nil {
		// The decoder's message may quote the state, which must not be logged: only its type is reported.
		if unreadable := json.Unmarshal(snapshot.State, &f.state); unreadable != nil {
			err = fmt.Errorf("snapshot state cannot be decoded (%T)", unreadable)
		}
	}
	if err == nil {
		f.commands, f.resumed = knownIn(snapshot), snapshot.Version
		if keeper, is := r.executor.store.(Keeper); is && r.aggregate.Events.HasPersonal() {
			f.until = asked.Add(keeper.KeepFor())
		}
		f.head, err = r.executor.store.Resume(ctx, snapshot.At, snapshot.Hash, apply)
		if !errors.Is(err, ErrNotResumable) {
			r.executor.cfg.Count(SnapshotHit)
			return true, err
		}
	}
	if ctx.Err() != nil {
		return true, err
	}
	r.executor.cfg.Count(SnapshotUnused)
	r.executor.cfg.Log.WarnContext(ctx, "snapshot not used, folding the whole stream",
		"stream", stream.String(), "error", err)
	return false, nil
}

// knownIn returns the known commands that a snapshot lists.
func knownIn(s *Snapshot) knownCommands {
	k := knownCommands{recent: s.Commands}
	for _, b := range s.Blocks {
		k.blocks = append(k.blocks, &knownBlock{CommandBlock: b, kept: true})
	}
	return k.clipped()
}
