package es

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es/internal/config"
)

// Repository loads and changes the aggregates of one kind. Make one with [Open].
type Repository[S, E any] struct {
	executor  *Executor
	aggregate Aggregate[S, E]
	cfg       RepositoryConfig
}

// Open returns the repository of one kind of aggregate in a store. The configuration is optional. Open panics with the
// errors of [Aggregate.Check] and [RepositoryConfig.Check]. For decisions over several kinds of aggregates, see
// [NewRepository].
func Open[S, E any](store Store, aggregate Aggregate[S, E], cfg ...RepositoryConfig) *Repository[S, E] {
	return NewRepository(NewExecutor(store), aggregate, cfg...)
}

// NewRepository is [Open] on the store of an executor. One decision can change aggregates of all repositories that
// share an executor: see [Executor.Execute].
//
// NewRepository panics as Open does.
func NewRepository[S, E any](x *Executor, aggregate Aggregate[S, E], given ...RepositoryConfig) *Repository[S, E] {
	cfg := config.Only(given)
	config.Must(aggregate.Check(), cfg.Check())
	cfg.Horizon = cmp.Or(cfg.Horizon, 24*time.Hour)
	cfg.HorizonCommands = cmp.Or(cfg.HorizonCommands, 100_000)
	return &Repository[S, E]{executor: x, aggregate: aggregate, cfg: cfg}
}

// Stream returns the name of the stream of the aggregate with this id.
func (r *Repository[S, E]) Stream(id string) StreamID { return r.aggregate.Stream(id) }

// Loaded is an aggregate's state at a version.
type Loaded[S any] struct {
	ID      string
	Version int64
	State   S
}

// EventRef identifies an event of a result.
type EventRef struct {
	Type    string
	Version int64
}

// Result is the effect of a command on one aggregate.
type Result[S any] struct {
	Stream StreamID
	// Version and State are those of the aggregate after the command.
	Version int64
	State   S
	// Events are the events that the command stored in this stream, none if it changed nothing.
	Events []EventRef
	// Replayed is true if the command was already stored. The result is then that of the first time.
	Replayed bool
}

// Load returns the current state of an aggregate, strongly consistent.
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

// LoadAtLeast returns an aggregate's state at the given version or a later one, for callers that know of an event, such
// as reactions. It reads nothing if the state cache holds such a state; else it is [Repository.Load].
//
// Errors: those of Load.
func (r *Repository[S, E]) LoadAtLeast(ctx context.Context, id string, version int64) (Loaded[S], error) {
	if f, warm := r.recall(r.aggregate.Stream(id)); warm && f.head.Version() >= version {
		return Loaded[S]{ID: id, Version: f.head.Version(), State: f.state}, nil
	}
	return r.Load(ctx, id)
}

// Execute loads an aggregate, calls decide with its state, and stores the events that decide returns. If decide returns
// no events, nothing is stored.
//
// Errors: [NotFoundError] if the aggregate has no events; [VersionMismatchError]; decide's own; those of
// [Executor.Execute].
func (r *Repository[S, E]) Execute(
	ctx context.Context, id string, cmd Command, decide func(state S) ([]E, error),
) (Result[S], error) {
	return r.ExecuteTx(ctx, id, cmd, func(_ *Tx, s S) ([]E, error) { return decide(s) })
}

// ExecuteTx is Execute for a decision that loads other aggregates into its transaction.
//
// Errors: those of Execute, for each of the aggregates.
func (r *Repository[S, E]) ExecuteTx(
	ctx context.Context, id string, cmd Command, decide func(tx *Tx, state S) ([]E, error),
) (Result[S], error) {
	return r.run(ctx, id, cmd, r.Get, decide)
}

// CreateOrExecute is Execute for an aggregate that may not exist yet. decide then gets the zero S, and nothing was
// read.
//
// Errors: [VersionMismatchError]; decide's own; those of [Executor.Execute].
func (r *Repository[S, E]) CreateOrExecute(
	ctx context.Context, id string, cmd Command, decide func(state S) ([]E, error),
) (Result[S], error) {
	return r.CreateOrExecuteTx(ctx, id, cmd, func(_ *Tx, s S) ([]E, error) { return decide(s) })
}

// CreateOrExecuteTx is CreateOrExecute for a decision that loads other aggregates into its transaction.
func (r *Repository[S, E]) CreateOrExecuteTx(
	ctx context.Context, id string, cmd Command, decide func(tx *Tx, state S) ([]E, error),
) (Result[S], error) {
	return r.run(ctx, id, cmd, r.GetOrNew, decide)
}

// Create stores the first events of an aggregate. It reads nothing if the id is free.
//
// Errors: [AlreadyExistsError] if the aggregate has events; decide's own; those of [Executor.Execute].
func (r *Repository[S, E]) Create(
	ctx context.Context, id string, cmd Command, decide func() ([]E, error),
) (Result[S], error) {
	return r.CreateTx(ctx, id, cmd, func(*Tx) ([]E, error) { return decide() })
}

// CreateTx is Create for a decision that loads other aggregates into its transaction.
//
// Errors: those of Create, for each of the aggregates.
func (r *Repository[S, E]) CreateTx(
	ctx context.Context, id string, cmd Command, decide func(tx *Tx) ([]E, error),
) (Result[S], error) {
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

// Get loads an aggregate into a decision. Its recorded events become part of the decision's append. Without recorded
// events, the append still fails with a conflict if the aggregate has changed since.
//
// Errors: [NotFoundError] if it has no events; those of [Loader]. Return them from the decision.
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

// New adds an aggregate that must not exist yet to a decision. It reads nothing if the id is free.
//
// Errors: [AlreadyExistsError] if it has events (found on the second attempt); those of [Loader].
func (r *Repository[S, E]) New(tx *Tx, id string) (*Entity[S, E], error) {
	e, err := r.GetOrNew(tx, id)
	if err == nil && e.from.Version() > 0 {
		return nil, &AlreadyExistsError{Stream: e.from.Stream()}
	}
	return e, err
}

// GetOrNew adds an aggregate that may or may not exist, such as a reservation, to a decision. The first attempt assumes
// that it is new and reads nothing. If the append then fails, or the decision refuses, the aggregate is loaded and the
// decision runs again. So a repeat of a stored command is recognized, whatever has changed since.
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
		return nil, fmt.Errorf("%s is already part of this decision: load each aggregate once", stream)
	}
	f, warm := r.recall(stream)
	var err error
	if r.cfg.StateCache != nil && !warm {
		r.executor.cfg.Count(StateCacheMiss)
	}
	if warm && !tx.fresh {
		tx.unread = true
		r.executor.cfg.Count(StateCacheHit)
	} else if f, err = r.fold(tx.ctx, stream, tx.recognize); err == nil {
		r.keep(f)
	}
	if err == nil {
		err = r.recognize(tx, stream, &f) // commands that were not among the commits just read
	}
	if err != nil && !errors.Is(err, errReplayed) {
		return nil, err
	}
	e := &Entity[S, E]{
		State: f.state, repository: r, from: f.head, commands: f.commands, owner: f.owner, until: f.until, last: f.last,
	}
	tx.add(stream, e)
	return e, err
}

// Result returns the effect of an outcome on one aggregate: its state directly after the decision. For a repeated
// command this may read the aggregate's events up to that point.
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
		return Result[S]{}, fmt.Errorf("%s is not part of the decision", stream)
	}
	return e.result(stream, out.Replayed), nil
}

// replay folds an aggregate up to and including a commit.
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
	reason := "commit " + commitID + " is missing here, but its append stored it in another stream"
	return nil, &CorruptError{Stream: stream, Reason: reason}
}
