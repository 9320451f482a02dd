package annals

import (
	"context"
	"errors"
	"log/slog"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Tx is one attempt of a decision that reads more than one aggregate's state. After a conflict the decision runs again,
// so it must not change anything else.
type Tx struct {
	// Running is the service: for [SecretValue.In] and [ClientOf.In].
	*Running
	ctx    context.Context
	tx     *es.Tx
	caller Caller
	// command is the command's id, correlation its correlation id.
	command, correlation string
}

func newTx(ctx context.Context, r *Running, tx *es.Tx, cmd es.Command, caller Caller) *Tx {
	return &Tx{
		Running: r, ctx: ctx, tx: tx, caller: caller, command: cmd.Ref.ID, correlation: cmd.Meta.CorrelationID,
	}
}

// Decide runs a decision outside of operations and reactions, for tests and for programs that import data.
//
// Errors: those of [es.Executor.Execute].
func (r *Running) Decide(
	ctx context.Context, cmd es.Command, caller Caller, decide func(*Tx) error,
) (*es.Outcome, error) {
	return r.executor.Execute(ctx, cmd, func(tx *es.Tx) error { return decide(newTx(ctx, r, tx, cmd, caller)) })
}

// Context is the context of the request.
func (t *Tx) Context() context.Context { return t.ctx }

// Caller is who sent the request. The caller of a reaction is an operator.
func (t *Tx) Caller() Caller { return t.caller }

// CommandID is the id of the command: the same in all attempts, and in no other command. A reaction has one for each
// event. The command of a request has one if the request has an Idempotency-Key, and "" otherwise.
func (t *Tx) CommandID() string { return t.command }

// Warn logs a problem that does not end the decision, with the command's correlation id.
func (t *Tx) Warn(message string, err error) {
	t.log.LogAttrs(t.ctx, slog.LevelWarn, message,
		slog.String("correlationId", t.correlation), slog.String("error", err.Error()))
}

// ReadModel opens a read model, in the serving generation. The decision does not depend on what it reads there: it may
// be out of date.
//
// Errors: those of [projection.Reader.Open]; one if the service was opened without read models.
func (t *Tx) ReadModel(ctx context.Context, name string) (*projection.Session, error) {
	if t.Reader == nil {
		return nil, errors.New("the service was opened without read models: set annals.Stores.Views")
	}
	return t.Reader.Open(ctx, name)
}

// Load adds an aggregate to the decision. If the aggregate changes before the decision is stored, the decision runs
// again. The events that it records are stored in the same transaction.
//
// Errors: those of [es.Repository.Get].
func Load[S, E any](t *Tx, a es.Aggregate[S, E], id string) (*es.Entity[S, E], error) {
	return as[*es.Entity[S, E]](t.repository(a.StreamType).get(t.tx, id))
}

// LoadOrNew is Load for an aggregate that may have no events yet.
//
// Errors: those of [es.Repository.GetOrNew].
func LoadOrNew[S, E any](t *Tx, a es.Aggregate[S, E], id string) (*es.Entity[S, E], error) {
	return as[*es.Entity[S, E]](t.repository(a.StreamType).getOrNew(t.tx, id))
}

// Peek reads an aggregate that the decision does not depend on: it may change before the decision is stored.
//
// Errors: those of [es.Repository.Load].
func Peek[S, E any](t *Tx, a es.Aggregate[S, E], id string) (es.Loaded[S], error) {
	return as[es.Loaded[S]](t.repository(a.StreamType).load(t.ctx, id))
}

// PeekAtLeast is Peek for an aggregate that is known to have reached a version. It reads nothing if memory has such a
// state.
//
// Errors: those of [es.Repository.LoadAtLeast].
func PeekAtLeast[S, E any](t *Tx, a es.Aggregate[S, E], id string, version int64) (es.Loaded[S], error) {
	return as[es.Loaded[S]](t.repository(a.StreamType).loadAtLeast(t.ctx, id, version))
}
