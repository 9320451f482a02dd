package es

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// folded is an aggregate's state at a head, and the commands that its stream holds.
type folded[S any] struct {
	state    S
	head     Head
	commands knownCommands
	last     *Commit // the last commit that was folded here, nil if the state came from elsewhere
}

// cachedState is what a cache keeps of a stream: the state as JSON, so that nobody changes another's copy.
type cachedState struct {
	state    json.RawMessage
	head     Head
	commands knownCommands
}

// recall returns the state that the cache keeps of a stream, as a copy.
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
	if !ok || json.Unmarshal(warm.state, &f.state) != nil {
		return folded[S]{}, false
	}
	f.head, f.commands = warm.head, warm.commands.clipped()
	return f, true
}

// keep lets the cache remember a state.
func (r *Repository[S, E]) keep(f folded[S]) {
	if r.cfg.StateCache == nil || f.head.Version() == 0 {
		return
	}
	if state, err := json.Marshal(f.state); err == nil {
		r.cfg.StateCache.Add(f.head.Stream(), cachedState{state: state, head: f.head, commands: f.commands})
	}
}

// fold brings a stream's state to its end, strongly consistent: from what the cache keeps, else from a snapshot, else
// from the first event. Each commit that it reads goes to visit too, whose error ends the fold and is returned as it
// is.
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

// foldWhole is fold from the first event.
func (r *Repository[S, E]) foldWhole(
	ctx context.Context, stream StreamID, visit func(*Commit) error,
) (f folded[S], err error) {
	store := r.executor.store
	f.head, err = store.Load(ctx, store.Empty(stream), r.onto(&f, visit))
	return f, err
}

// onto returns what folds commits onto a state.
func (r *Repository[S, E]) onto(f *folded[S], visit func(*Commit) error) func(*Commit) error {
	h := sync.OnceValue(r.horizon)
	return func(c *Commit) error {
		if err := r.aggregate.apply(&f.state, c); err != nil {
			return err
		}
		f.commands.add(c, h)
		f.last = c
		return visit(c)
	}
}

// horizon is which commands are known as of now.
func (r *Repository[S, E]) horizon() horizon {
	now := time.Now()
	if clock, ok := r.executor.store.(Clock); ok {
		now = clock.Now()
	}
	return horizon{now: now, length: r.cfg.Horizon, most: r.cfg.HorizonCommands}
}

// recognise ends a decision whose command is among those that the stream of a state holds. Where its blocks of
// commands can't be read, it looks at all events of the stream.
func (r *Repository[S, E]) recognise(tx *Tx, stream StreamID, f *folded[S]) error {
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
		r.executor.cfg.Log.WarnContext(tx.ctx, "known commands not used, folding the whole stream",
			"stream", stream.String(), "error", err)
		whole, err := r.foldWhole(tx.ctx, stream, tx.recognise)
		if err == nil || errors.Is(err, errReplayed) {
			*f = whole
		}
		return err
	case err != nil || !found:
		return err
	}
	return tx.recogniseAt(stream, version)
}

// resume folds on from the stream's snapshot, and tells whether there was one that could be used.
func (r *Repository[S, E]) resume(ctx context.Context, stream StreamID, f *folded[S], apply func(*Commit) error) (bool, error) {
	if r.cfg.Snapshots.Store == nil {
		return false, nil
	}
	snapshot, err := r.cfg.Snapshots.Store.LoadSnapshot(ctx, stream)
	if err == nil && snapshot == nil {
		r.executor.cfg.Count(SnapshotMiss)
		return false, nil
	}
	if err == nil && snapshot.Schema != r.cfg.Snapshots.Schema {
		err = fmt.Errorf("it has schema %d, this code has %d", snapshot.Schema, r.cfg.Snapshots.Schema)
	}
	if err == nil {
		if unreadable := json.Unmarshal(snapshot.State, &f.state); unreadable != nil { // it may cite the state, which is not to be logged
			err = fmt.Errorf("its state can't be read (%T)", unreadable)
		}
	}
	if err == nil {
		f.commands = knownIn(snapshot)
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
	r.executor.cfg.Log.WarnContext(ctx, "snapshot not used, folding the whole stream", "stream", stream.String(), "error", err)
	return false, nil
}

// knownIn are the commands that a snapshot says its stream holds.
func knownIn(s *Snapshot) knownCommands {
	k := knownCommands{recent: s.Commands}
	for _, b := range s.Blocks {
		k.blocks = append(k.blocks, &knownBlock{CommandBlock: b, kept: true})
	}
	return k.clipped()
}
