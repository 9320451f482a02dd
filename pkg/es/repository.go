package es

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es/internal/config"
)

// Repository loads and changes the aggregates of one kind.
type Repository[S, E any] struct {
	executor  *Executor
	aggregate Aggregate[S, E]
	cfg       RepositoryConfig
}

// Open returns the repository of one kind of aggregate on a store. The configuration may be left out. It panics with what
// [Aggregate.Check] and [RepositoryConfig.Check] return. For decisions over several kinds of aggregates, see [NewRepository].
func Open[S, E any](store Store, aggregate Aggregate[S, E], cfg ...RepositoryConfig) *Repository[S, E] {
	return NewRepository(NewExecutor(store), aggregate, cfg...)
}

// NewRepository is [Open] with the store of an executor. Aggregates whose repositories share one may be changed by one decision:
// see [Executor.Execute].
//
// It panics as Open does.
func NewRepository[S, E any](x *Executor, aggregate Aggregate[S, E], given ...RepositoryConfig) *Repository[S, E] {
	cfg := config.Only(given)
	config.Must(aggregate.Check(), cfg.Check())
	cfg.Horizon = cmp.Or(cfg.Horizon, 24*time.Hour)
	cfg.HorizonCommands = cmp.Or(cfg.HorizonCommands, 100_000)
	return &Repository[S, E]{executor: x, aggregate: aggregate, cfg: cfg}
}

// Stream is the stream of the aggregate with an id.
func (r *Repository[S, E]) Stream(id string) StreamID { return r.aggregate.Stream(id) }

// Loaded is an aggregate as of a version.
type Loaded[S any] struct {
	ID      string
	Version int64
	State   S
}

// EventRef names an event of a result.
type EventRef struct {
	Type    string
	Version int64
}

// Result is what a command did to one aggregate.
type Result[S any] struct {
	Stream StreamID
	// Version is the aggregate's version after the command, and State its state then.
	Version int64
	State   S
	// Events are the events that the command stored on this stream, none if it changed nothing.
	Events []EventRef
	// Replayed says that the command had been done before: this is what it did then.
	Replayed bool
}

// Load returns an aggregate as it is now, strongly consistent.
//
// Errors: [NotFoundError] if it has no events; [UnknownEventError]; those of [Loader].
func (r *Repository[S, E]) Load(ctx context.Context, id string) (Loaded[S], error) {
	f, err := r.fold(ctx, r.aggregate.Stream(id), func(*Commit) error { return nil })
	if err != nil {
		return Loaded[S]{}, fmt.Errorf("load: %w", err)
	}
	if f.head.Version() == 0 {
		return Loaded[S]{}, &NotFoundError{Stream: f.head.Stream()}
	}
	r.keep(f)
	return Loaded[S]{ID: id, Version: f.head.Version(), State: f.state}, nil
}

// LoadAtLeast returns an aggregate at a version or at a later one, as a reaction needs it that knows of an event. It reads nothing
// if the state cache holds such a state, else it is [Repository.Load].
//
// Errors: those of Load.
func (r *Repository[S, E]) LoadAtLeast(ctx context.Context, id string, version int64) (Loaded[S], error) {
	if f, warm := r.recall(r.aggregate.Stream(id)); warm && f.head.Version() >= version {
		return Loaded[S]{ID: id, Version: f.head.Version(), State: f.state}, nil
	}
	return r.Load(ctx, id)
}

// Execute loads an aggregate, lets decide say what happens to it, and stores that. No events = nothing is stored.
//
// Errors: [NotFoundError] if the aggregate has no events; [VersionMismatchError]; decide's own; those of [Executor.Execute].
func (r *Repository[S, E]) Execute(ctx context.Context, id string, cmd Command, decide func(state S) ([]E, error)) (Result[S], error) {
	return r.ExecuteTx(ctx, id, cmd, func(_ *Tx, s S) ([]E, error) { return decide(s) })
}

// ExecuteTx is Execute for a decision that brings other aggregates into its transaction.
//
// Errors: those of Execute, also of the other aggregates.
func (r *Repository[S, E]) ExecuteTx(
	ctx context.Context, id string, cmd Command, decide func(tx *Tx, state S) ([]E, error),
) (Result[S], error) {
	return r.run(ctx, id, cmd, r.Get, decide)
}

// CreateOrExecute is Execute for an aggregate that may have no events yet: its state is the zero S then. Where it has none,
// nothing is read.
//
// Errors: [VersionMismatchError]; decide's own; those of [Executor.Execute].
func (r *Repository[S, E]) CreateOrExecute(
	ctx context.Context, id string, cmd Command, decide func(state S) ([]E, error),
) (Result[S], error) {
	return r.CreateOrExecuteTx(ctx, id, cmd, func(_ *Tx, s S) ([]E, error) { return decide(s) })
}

// CreateOrExecuteTx is CreateOrExecute for a decision that brings other aggregates into its transaction.
func (r *Repository[S, E]) CreateOrExecuteTx(
	ctx context.Context, id string, cmd Command, decide func(tx *Tx, state S) ([]E, error),
) (Result[S], error) {
	return r.run(ctx, id, cmd, r.GetOrNew, decide)
}

// Create stores the first events of an aggregate, without reading anything where its id is free.
//
// Errors: [AlreadyExistsError] if the aggregate has events; decide's own; those of [Executor.Execute].
func (r *Repository[S, E]) Create(ctx context.Context, id string, cmd Command, decide func() ([]E, error)) (Result[S], error) {
	return r.CreateTx(ctx, id, cmd, func(*Tx) ([]E, error) { return decide() })
}

// CreateTx is Create for a decision that brings other aggregates into its transaction.
//
// Errors: those of Create, also of the other aggregates.
func (r *Repository[S, E]) CreateTx(ctx context.Context, id string, cmd Command, decide func(tx *Tx) ([]E, error)) (Result[S], error) {
	return r.run(ctx, id, cmd, r.New, func(tx *Tx, _ S) ([]E, error) { return decide(tx) })
}

func (r *Repository[S, E]) run(
	ctx context.Context, id string, cmd Command,
	enter func(*Tx, string) (*Entity[S, E], error), decide func(*Tx, S) ([]E, error),
) (Result[S], error) {
	out, err := r.executor.Execute(ctx, cmd, func(tx *Tx) error {
		e, err := enter(tx, id)
		if err != nil {
			return err
		}
		if err := e.Expect(cmd.ExpectedVersion); err != nil {
			return err
		}
		events, err := decide(tx, e.State)
		if err != nil {
			return err
		}
		e.Record(events...)
		return nil
	})
	if err != nil {
		return Result[S]{}, err
	}
	return r.Result(ctx, out, id)
}

// Get loads an aggregate into a decision. What it then records goes into the decision's append; if it records nothing,
// the append still holds only if the aggregate has not changed meanwhile.
//
// Errors: [NotFoundError] if it has no events; those of [Loader]. A decision returns them.
func (r *Repository[S, E]) Get(tx *Tx, id string) (*Entity[S, E], error) {
	e, err := r.load(tx, id)
	if err != nil {
		return nil, err
	}
	if e.from.Version() == 0 {
		return nil, &NotFoundError{Stream: e.from.Stream()}
	}
	return e, nil
}

// New enters an aggregate that does not exist yet into a decision, without reading where that is so.
//
// Errors: [AlreadyExistsError] if it has events, which shows on the second attempt; those of [Loader].
func (r *Repository[S, E]) New(tx *Tx, id string) (*Entity[S, E], error) {
	e, err := r.GetOrNew(tx, id)
	if err == nil && e.from.Version() > 0 {
		return nil, &AlreadyExistsError{Stream: e.from.Stream()}
	}
	return e, err
}

// GetOrNew enters an aggregate into a decision that may exist or not, such as a reservation. The first attempt takes it
// for new without reading. Where it is not, the append fails, and the decision is made again on what is there; so it is
// where the decision refuses, so that a repeat of a command that was stored is recognised whatever has changed since.
//
// Errors: those of [Loader].
func (r *Repository[S, E]) GetOrNew(tx *Tx, id string) (*Entity[S, E], error) {
	if tx.fresh {
		return r.load(tx, id)
	}
	tx.unread = true
	e := &Entity[S, E]{repository: r, from: tx.store.Empty(r.aggregate.Stream(id))}
	tx.add(e.from.Stream(), e)
	return e, nil
}

func (r *Repository[S, E]) load(tx *Tx, id string) (*Entity[S, E], error) {
	stream := r.aggregate.Stream(id)
	if _, twice := tx.entities[stream]; twice {
		return nil, fmt.Errorf("%s is in this decision already", stream)
	}
	f, warm := r.recall(stream)
	var err error
	if r.cfg.StateCache != nil && !warm {
		r.executor.cfg.Count(StateCacheMiss)
	}
	if warm && !tx.fresh {
		tx.unread = true
		r.executor.cfg.Count(StateCacheHit)
	} else if f, err = r.fold(tx.ctx, stream, tx.recognise); err == nil {
		r.keep(f)
	}
	if err == nil {
		err = r.recognise(tx, stream, &f) // what was not folded here
	}
	if err != nil && !errors.Is(err, errReplayed) {
		return nil, err
	}
	e := &Entity[S, E]{State: f.state, repository: r, from: f.head, commands: f.commands, last: f.last}
	tx.add(stream, e)
	return e, err
}

// Result is what an outcome means for one aggregate of the decision: its state as the decision left it. For a repeated
// command this may read the aggregate's events up to then.
//
// Errors: those of [Reader].
func (r *Repository[S, E]) Result(ctx context.Context, out *Outcome, id string) (Result[S], error) {
	stream := r.aggregate.Stream(id)
	e, ok := out.entities[stream].(*Entity[S, E])
	if out.Replayed && (!ok || e.last == nil || e.last.ID != out.CommitID) {
		var err error
		if e, err = r.replay(ctx, stream, out.CommitID); err != nil {
			return Result[S]{}, err
		}
	} else if !ok {
		return Result[S]{}, fmt.Errorf("%s was no part of the decision", stream)
	}
	return e.result(stream, out.Replayed), nil
}

// replay folds an aggregate up to a commit.
func (r *Repository[S, E]) replay(ctx context.Context, stream StreamID, commitID string) (*Entity[S, E], error) {
	e := &Entity[S, E]{repository: r}
	for c, err := range r.executor.store.Read(ctx, stream, Range{}) {
		if err == nil {
			err = r.aggregate.apply(&e.State, &c)
		}
		if err != nil {
			return nil, err
		}
		if c.ID == commitID {
			e.last = &c
			return e, nil
		}
	}
	return nil, &CorruptError{Stream: stream, Reason: "commit " + commitID + " is in another stream of its append, but not here"}
}
