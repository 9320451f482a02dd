package annals

import (
	"context"
	"reflect"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// Target says which streams a decision over several aggregates is about, by its input.
type Target[B any] struct {
	streams []func(B) es.StreamID
	types   []string
}

// At addresses a decision to the aggregate whose id first returns: the caller must have access to it. Load it first: the
// command's id is stored in the first stream that a decision loads and writes, so a repeated command is recognized there.
// others are more aggregates of the same kind: the answer shows those that the caller has access to, see [ResultOf].
func At[S, E, B any](a es.Aggregate[S, E], first func(B) ID, others ...func(B) ID) Target[B] {
	var all Target[B]
	for _, id := range append([]func(B) ID{first}, others...) {
		if id == nil {
			return Target[B]{} // Transact says so
		}
		all.streams = append(all.streams, func(b B) es.StreamID { return a.Stream(string(id(b))) })
		all.types = append(all.types, a.StreamType)
	}
	return all
}

// And adds the aggregates of another kind.
func (t Target[B]) And(others Target[B]) Target[B] {
	return Target[B]{slices.Concat(t.streams, others.streams), slices.Concat(t.types, others.types)}
}

// Done is a decision that is stored, for its answer.
type Done struct {
	ctx     context.Context
	running *Running
	outcome *es.Outcome
	shows   func(es.StreamID) bool
	shown   []es.StreamVersion
}

// ResultOf is what the decision did to an aggregate, nil if the caller may not see that aggregate.
//
// Errors: those of [es.Repository.Result].
func ResultOf[S, E any](d *Done, a es.Aggregate[S, E], id string) (*Result[S], error) {
	stream := a.Stream(id)
	if d.shows != nil && !d.shows(stream) {
		return nil, nil
	}
	r, err := as[es.Result[S]](d.running.repository(a.StreamType).result(d.ctx, d.outcome, id))
	if err != nil {
		return nil, err
	}
	d.shown = append(d.shown, es.StreamVersion{Stream: stream, Version: r.Version})
	out := newResult(r)
	return &out, nil
}

// Transact declares a command over several aggregates: "POST /transfers". decide loads them by [Load] and records what
// happens to each; all of it is stored, or nothing. answer makes the answer of what is stored: see [ResultOf].
func Transact[B, R any](
	route string, at Target[B], decide func(*Tx, B) error, answer func(*Done, B) (R, error), o ...Option,
) Part {
	if decide == nil || answer == nil {
		return broken(route, Transacts, "decide or answer is nil: pass two functions")
	}
	p := newOperation(route, Transacts, Operation{
		In: reflect.TypeFor[B](), Answer: reflect.TypeFor[R](), StreamTypes: at.types,
		Streams: func(in any) []es.StreamID {
			streams := make([]es.StreamID, len(at.streams))
			for i, of := range at.streams {
				streams[i] = of(*in.(*B))
			}
			return streams
		},
		runs: &transaction[B, R]{decide, answer},
	}, o)
	if len(at.streams) == 0 {
		p.fault = "it is addressed to no aggregate: say to which by annals.At, with functions that return ids"
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
