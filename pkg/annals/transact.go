package annals

import (
	"context"
	"reflect"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// Target says which streams a decision over several aggregates is about, depending on its input. The caller must have
// access to the streams of its first part.
type Target[B any] struct {
	parts []func(B) []es.StreamID
	types []string
	many  bool // how many streams there are depends on the input
}

// At addresses a decision to the aggregate whose id first returns. The caller must have access to it. Load it first:
// the command's id is stored in the first stream that a decision loads and writes, so a repeated command is recognized
// there. others are more aggregates of the same kind. The answer shows those that the caller has access to: see
// [ResultOf].
func At[S, E, B any](a es.Aggregate[S, E], first func(B) ID, others ...func(B) ID) Target[B] {
	var all Target[B]
	for _, id := range append([]func(B) ID{first}, others...) {
		if id == nil {
			return Target[B]{} // Transact reports the mistake
		}
		all.parts = append(all.parts, func(b B) []es.StreamID { return []es.StreamID{a.Stream(string(id(b)))} })
		all.types = append(all.types, a.StreamType)
	}
	return all
}

// AtAll addresses a decision to the aggregates whose ids a function returns, of which there are as many as the input
// names: 1 to 100. The caller must have access to each of them. Load the first one first, as with [At].
//
// What [Target.And] adds to it, or what it adds to another target, needs no access: At(account.Aggregate, payer).And(
// AtAll(account.Aggregate, payees)) is a payment to accounts of others. There, the list may be empty.
//
// A request that names no aggregate, one of them twice, or more than 100, is answered with 400. The tags minItems,
// maxItems and uniqueItems of the input's field say so in the OpenAPI document.
func AtAll[S, E, B any](a es.Aggregate[S, E], ids func(B) []ID) Target[B] {
	if ids == nil {
		return Target[B]{} // Transact reports the mistake
	}
	return Target[B]{many: true, types: []string{a.StreamType}, parts: []func(B) []es.StreamID{func(b B) []es.StreamID {
		var all []es.StreamID
		for _, id := range ids(b) {
			all = append(all, a.Stream(string(id)))
		}
		return all
	}}}
}

// And adds more aggregates, to which the caller needs no access: the answer shows those that the caller has access to.
func (t Target[B]) And(others Target[B]) Target[B] {
	if len(t.parts) == 0 || len(others.parts) == 0 {
		return Target[B]{} // Transact reports the mistake
	}
	return Target[B]{slices.Concat(t.parts, others.parts), slices.Concat(t.types, others.types), t.many || others.many}
}

// streams are those that an input names, and how many of them, from the first on, the caller must have access to.
func (t Target[B]) streams(in any) (all []es.StreamID, reached int) {
	for i, part := range t.parts {
		all = append(all, part(*in.(*B))...)
		if i == 0 {
			reached = len(all)
		}
	}
	return all, reached
}

// Done is a stored decision, for its answer.
type Done struct {
	ctx     context.Context
	running *Running
	outcome *es.Outcome
	shows   func(es.StreamID) bool
	shown   []es.StreamVersion
}

// ResultOf is the result of the decision for one aggregate, nil if the caller may not see that aggregate. The caller may
// see those that the operation names and that the caller has access to, and those that the decision created.
//
// Errors: those of [es.Repository.Result].
func ResultOf[S, E any](d *Done, a es.Aggregate[S, E], id string) (*Result[S], error) {
	stream := a.Stream(id)
	r, err := as[es.Result[S]](d.running.repository(a.StreamType).result(d.ctx, d.outcome, id))
	if err != nil {
		return nil, err
	}
	created := len(r.Events) > 0 && r.Events[0].Version == 1
	if d.shows != nil && !d.shows(stream) && !created {
		return nil, nil
	}
	d.shown = append(d.shown, es.StreamVersion{Stream: stream, Version: r.Version})
	out := newResult(r)
	return &out, nil
}

// Transact declares a command over several aggregates: "POST /transfers". decide loads them by [Load] and records
// events on each. All of them are stored, or none. answer makes the answer from what is stored: see [ResultOf].
func Transact[B, R any](
	route string, at Target[B], decide func(*Tx, B) error, answer func(*Done, B) (R, error), o ...Option,
) Part {
	if decide == nil || answer == nil {
		return broken(route, Transacts, "decide or answer is nil: pass two functions")
	}
	p := newOperation(route, Transacts, Operation{
		In: reflect.TypeFor[B](), Answer: reflect.TypeFor[R](), StreamTypes: at.types,
		Streams: at.streams, ManyStreams: at.many,
		runs: &transaction[B, R]{decide, answer},
	}, o)
	if len(at.parts) == 0 {
		p.fault = "it is addressed to no aggregate: say to which by annals.At or annals.AtAll, with functions that return ids"
	}
	return p
}

// transaction is a command over several aggregates.
type transaction[B, R any] struct {
	decide func(*Tx, B) error
	answer func(*Done, B) (R, error)
}

func (t *transaction[B, R]) run(ctx context.Context, r *Running, q *Request) (*Outcome, error) {
	in := *q.In.(*B)
	out, err := r.Decide(ctx, q.Command, q.Caller, func(tx *Tx) error { return t.decide(tx, in) })
	if err != nil {
		return nil, err
	}
	d := &Done{ctx: ctx, running: r, outcome: out, shows: q.Shows}
	body, err := t.answer(d, in)
	if err != nil {
		return nil, err
	}
	return &Outcome{Streams: d.shown, Answer: body}, nil
}
