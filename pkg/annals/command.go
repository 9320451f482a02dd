package annals

import (
	"context"
	"reflect"

	"github.com/annals-es/annals/pkg/es"
)

// Result is the result of a command on one aggregate, in the form of an answer.
type Result[S any] struct {
	ID      string `json:"id"`
	Version int64  `json:"version" doc:"The aggregate's version after the command"`
	State   S      `json:"state" doc:"The aggregate after the command"`
	// Events are the events that the command stored.
	Events []StoredEvent `json:"events" doc:"The events that the command stored"`
}

// StoredEvent names an event that a command stored.
type StoredEvent struct {
	Type    string `json:"type" example:"MoneyDeposited"`
	Version int64  `json:"version"`
}

func newResult[S any](r es.Result[S]) Result[S] {
	out := Result[S]{ID: r.Stream.ID, Version: r.Version, State: r.State, Events: make([]StoredEvent, len(r.Events))}
	for i, e := range r.Events {
		out.Events[i] = StoredEvent(e)
	}
	return out
}

func outcomeOf[S any](r es.Result[S], err error) (*Outcome, error) {
	if err != nil {
		return nil, err
	}
	return &Outcome{Streams: []es.StreamVersion{{Stream: r.Stream, Version: r.Version}}, Answer: newResult(r)}, nil
}

// Create declares a command that creates an aggregate: "POST /accounts". decide gets the zero state. The aggregate's id
// is the field of B with the tag `annals:"id"`: see [ID].
func Create[S, E, B any](route string, a es.Aggregate[S, E], decide func(S, B) ([]E, error), o ...Option) Part {
	if decide == nil {
		return broken(route, Creates, noDecision)
	}
	return CreateTx(route, a, func(_ *Tx, s S, b B) ([]E, error) { return decide(s, b) }, o...)
}

// CreateTx is Create for a decision that reads more than the aggregate: see [Tx].
func CreateTx[S, E, B any](route string, a es.Aggregate[S, E], decide func(*Tx, S, B) ([]E, error), o ...Option) Part {
	p := command(route, Creates, a, decide, o)
	if p.fault == "" {
		p.IDOf, p.SetID = idOf(p.In)
	}
	return p
}

// Command declares a command that changes an aggregate: "POST /accounts/{id}/deposits". decide is a method of the
// state, or a function of state and body. After a conflict it runs again with the same body, so it must not change what
// the body points to.
func Command[S, E, B any](route string, a es.Aggregate[S, E], decide func(S, B) ([]E, error), o ...Option) Part {
	if decide == nil {
		return broken(route, Changes, noDecision)
	}
	return CommandTx(route, a, func(_ *Tx, s S, b B) ([]E, error) { return decide(s, b) }, o...)
}

// CommandTx is Command for a decision that reads more than the aggregate: see [Tx].
func CommandTx[S, E, B any](route string, a es.Aggregate[S, E], decide func(*Tx, S, B) ([]E, error), o ...Option) Part {
	return command(route, Changes, a, decide, o)
}

// CreateOrChange declares a command on the aggregate whose id is in the path. It may have no events yet; its state is
// then the zero S.
func CreateOrChange[S, E, B any](route string, a es.Aggregate[S, E], decide func(S, B) ([]E, error), o ...Option) Part {
	if decide == nil {
		return broken(route, CreatesOrChanges, noDecision)
	}
	return CreateOrChangeTx(route, a, func(_ *Tx, s S, b B) ([]E, error) { return decide(s, b) }, o...)
}

// CreateOrChangeTx is CreateOrChange for a decision that reads more than the aggregate: see [Tx].
func CreateOrChangeTx[S, E, B any](
	route string, a es.Aggregate[S, E], decide func(*Tx, S, B) ([]E, error), o ...Option,
) Part {
	return command(route, CreatesOrChanges, a, decide, o)
}

// NoBody adapts a decision that has no body parameter: NoBody(order.State.Place).
func NoBody[S, E any](decide func(S) ([]E, error)) func(S, None) ([]E, error) {
	return func(s S, _ None) ([]E, error) { return decide(s) }
}

func command[S, E, B any](
	route string, kind Kind, a es.Aggregate[S, E], decide func(*Tx, S, B) ([]E, error), o []Option,
) *operationPart {
	if decide == nil {
		return broken(route, kind, noDecision)
	}
	return newOperation(route, kind, Operation{
		StreamType: a.StreamType, In: reflect.TypeFor[B](), Answer: reflect.TypeFor[Result[S]](),
		runs: &decision[S, E, B]{kind, a, decide},
	}, o)
}

// decision is a command on one aggregate.
type decision[S, E, B any] struct {
	kind      Kind
	aggregate es.Aggregate[S, E]
	decide    func(*Tx, S, B) ([]E, error)
}

func (d *decision[S, E, B]) run(ctx context.Context, r *Running, q *Request) (*Outcome, error) {
	aggregates := RepositoryOf(r, d.aggregate)
	decide := func(tx *es.Tx, s S) ([]E, error) {
		return d.decide(newTx(ctx, r, tx, q.Command, q.Caller), s, *q.In.(*B))
	}
	switch d.kind {
	case Creates:
		return outcomeOf(aggregates.CreateTx(ctx, q.ID, q.Command, func(tx *es.Tx) ([]E, error) {
			var none S
			return decide(tx, none)
		}))
	case CreatesOrChanges:
		return outcomeOf(aggregates.CreateOrExecuteTx(ctx, q.ID, q.Command, decide))
	default:
		return outcomeOf(aggregates.ExecuteTx(ctx, q.ID, q.Command, decide))
	}
}

// idOf returns functions that read and change the input's field for the id of the created aggregate. Both are nil if
// there is no such field.
func idOf(in reflect.Type) (of func(in any) string, set func(in any, id string)) {
	if in.Kind() != reflect.Struct {
		return nil, nil
	}
	for _, f := range reflect.VisibleFields(in) {
		if f.Tag.Get("annals") == "id" && f.Type == reflect.TypeFor[ID]() {
			of = func(in any) string { return reflect.ValueOf(in).Elem().FieldByIndex(f.Index).String() }
			set = func(in any, id string) { reflect.ValueOf(in).Elem().FieldByIndex(f.Index).SetString(id) }
		}
	}
	return of, set
}
