package projection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/annals-es/annals/pkg/es"
)

// StatefulHandler is a [Handler] that keeps a state for each stream. The state is stored with the checkpoint. The
// engine calls Fold instead of Handle.
type StatefulHandler interface {
	Handler
	// Fold applies events of a stream to its state, in order. Before it returns, it may act on the difference between
	// the two states, for example ask for deadlines. The engine then stores the new state. If it can't, or if an event is
	// refused, it calls Fold again with the same state, and with the same events, or with more or fewer of them.
	//
	// Errors: a [FoldError] for an event that can't be applied; any other error means that nothing was applied.
	Fold(ctx context.Context, state State, events []StoredEvent) (State, error)
}

// State is the state of a stream, with its places in the lists of its projection.
type State struct {
	// Stream is the state's stream.
	Stream es.StreamID
	// JSON is the state. nil is the state before the first event.
	JSON json.RawMessage
	// Slots are the places of the state in lists over the index of the projection's table: at most two.
	Slots []Slot
}

// StoredEvent is the event Commit.Events[Index].
type StoredEvent struct {
	Commit *es.Commit
	Index  int
}

// FoldError says which of the events of [StatefulHandler.Fold] can't be applied.
type FoldError struct {
	// Index is the event's place among the events.
	Index int
	Err   error
}

func (e *FoldError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *FoldError) Unwrap() error { return e.Err }

// acts implements [Projection]. What a stateful handler does may be repeated.
func (p *handling) acts() bool {
	_, stateful := p.Handler.(StatefulHandler)
	return !stateful
}

func (p *handling) foldState(
	ctx context.Context, h StatefulHandler, state json.RawMessage, steps []step,
) (json.RawMessage, *Writes, error) {
	if len(steps) == 0 {
		return state, &Writes{}, nil
	}
	var (
		handled []StoredEvent
		index   []int // of the handled events among the steps
		from    = State{Stream: steps[0].commit.Stream, JSON: state}
	)
	for i, s := range steps {
		if p.Handles(s.commit.Stream.Type, s.commit.Events[s.index]) {
			handled, index = append(handled, StoredEvent{s.commit, s.index}), append(index, i)
		}
	}
	next, err := foldSafely(ctx, h, from, handled)
	if err == nil {
		return next.JSON, &Writes{slots: next.Slots}, nil
	}
	refused := &foldError{err: err, transient: p.Transient(err)}
	if at := (*FoldError)(nil); errors.As(err, &at) && at.Index >= 0 && at.Index < len(index) {
		refused.index = index[at.Index]
	}
	return nil, nil, refused
}

// foldSafely turns a panic into an error.
func foldSafely(ctx context.Context, h StatefulHandler, from State, events []StoredEvent) (next State, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("handler panicked: %v", panicked)
		}
	}()
	return h.Fold(ctx, from, events)
}

// States are the states of one projection of a [StatefulHandler].
type States struct {
	engine *Engine
	name   string
}

// States returns the states of a projection.
func (e *Engine) States(projection string) *States { return &States{e, projection} }

// target is the projection's only generation.
func (s *States) target(ctx context.Context) (*target, error) {
	if s.engine.subscription(s.name) == nil {
		return nil, s.engine.unknown(s.name)
	}
	targets, err := s.targets(ctx)
	if err != nil {
		return nil, err
	}
	for _, generations := range targets {
		for i := range generations {
			if t := &generations[i]; t.sub.name() == s.name && t.Status == Serving {
				return t, nil
			}
		}
	}
	return nil, fmt.Errorf("projection %s has no serving generation", s.name)
}

// targets registers nothing, and reads no catalog if the engine has registered what it runs.
func (s *States) targets(ctx context.Context) ([][]target, error) {
	if known := s.engine.fixed.Load(); known != nil {
		return s.engine.targetsOf(*known), nil
	}
	return s.engine.listed(ctx)
}

// Checkpoint returns the checkpoint of a stream, or the zero checkpoint.
//
// Errors: [UnknownProjectionError]; those of the catalog and the view.
func (s *States) Checkpoint(ctx context.Context, stream es.StreamID) (Checkpoint, error) {
	t, err := s.target(ctx)
	if err != nil {
		return Checkpoint{}, err
	}
	read, err := t.sub.View.Checkpoints(ctx, t.Generation, stream)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%s: checkpoint of %s: %w", t, stream, err)
	}
	return read[stream], nil
}

// Replace replaces the state at a checkpoint. The checkpoint keeps its version, and gets a higher epoch, so that a
// process that has the old state in memory can't store it again.
//
// Errors: [ErrStale] if the checkpoint has changed; one if the stream is parked; [UnknownProjectionError]; those of the
// catalog and the view.
func (s *States) Replace(ctx context.Context, at Checkpoint, by State) error {
	t, err := s.target(ctx)
	if err != nil {
		return err
	}
	if at.Parked != nil {
		return fmt.Errorf("%s: %s is parked: retry it first", t, by.Stream)
	}
	next := at.Raised(1)
	next.State, next.Slots = by.JSON, by.Slots
	s.engine.forget(t.place(by.Stream))
	update := []CheckpointUpdate{{by.Stream, at, next}}
	if err := t.sub.View.Save(ctx, t.Generation, update, nil); err != nil {
		return fmt.Errorf("%s: replace the state of %s@%d: %w", t, by.Stream, at.Version, err)
	}
	return nil
}

// List yields the rows of a partition of one of the lists over the index. They are eventually consistent.
//
// Errors: [UnknownProjectionError]; those of the catalog and the view.
func (s *States) List(ctx context.Context, l Listing) iter.Seq2[Listed, error] {
	return func(yield func(Listed, error) bool) {
		t, err := s.target(ctx)
		if err != nil {
			yield(Listed{}, err)
			return
		}
		l.Kind = IndexedRow
		for row, err := range t.sub.View.List(ctx, t.Generation, l) {
			if !yield(row, err) {
				return
			}
		}
	}
}
