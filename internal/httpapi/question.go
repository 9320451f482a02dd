package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// Found is an answer with one thing in it. It says how much the thing can be relied on.
type Found[T any] struct {
	Consistency string `header:"Consistency" doc:"strong = from the events; provisional = from the events, and so young that it may still change; absent = from the read model"`
	Applied     string `header:"Preference-Applied" doc:"The wait that was preferred, where it counted for something"`
	Body        T
}

// strong marks what comes from the events.
const strong = "strong"

// Question is what a query asks of a read model.
type Question[T any] struct {
	// Model is the read model's name.
	Model string
	// Cursor is where a list goes on, in the generation of the read model in which it began.
	Cursor string
	// Stream is the one that the answer is about. Zero = it is about many.
	Stream es.StreamID
	// Customer is whose the answer is, "" = it is not about a customer.
	Customer string
	// Replay answers from the stream's events. nil = that can't be.
	Replay func(context.Context) (T, error)
}

// Ask answers a question in one session of its read model, by read.
//
// Errors: [es.NotFoundError] for what is another's; those of answerFrom; [projection.ErrCursor] and others of the session.
func Ask[S Session, T any](
	ctx context.Context, v Views[S], w Awaited, q Question[T], read func(context.Context, S) (T, error),
) (*Found[T], error) {
	if err := v.readable(ctx, q.Stream); err != nil {
		return nil, err
	}
	if q.Customer != "" && !v.Unbound(ctx) && !Owns(ctx, q.Customer) {
		return nil, NewProblem(http.StatusNotFound, "not-found", "customer "+q.Customer+" not found")
	}
	var err error
	if w.streams, err = v.Visible(ctx, w.streams); err != nil {
		return nil, err
	}
	s, err := v.Session(ctx, q.Model, q.Cursor, w.ids()...)
	if err != nil {
		return nil, err
	}
	return answerFrom(ctx, v.API, s, w, q, func() (T, error) { return read(ctx, s) })
}

// answerFrom answers a question by read, from a read model that shows what the caller awaits. Where it does not in time, who
// owns the stream in question is answered from its events, and others are told that it is not there yet. So are those who
// await nothing, where the read model has nothing of a stream that exists.
//
// Errors: [Problem], a 202 for what is not there yet; [es.NotFoundError]; those of read, of replay, of progress, of the
// event store.
func answerFrom[T any](
	ctx context.Context, a *API, p Session, w Awaited, q Question[T], read func() (T, error),
) (*Found[T], error) {
	missing, err := w.await(ctx, p)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return answerLate(ctx, a, p, w, q, missing)
	}
	out := &Found[T]{Applied: w.applied}
	out.Body, err = read()
	if !errors.As(err, new(*es.NotFoundError)) || q.Stream == (es.StreamID{}) {
		return out, err
	}
	missing, err = a.unprojected(ctx, p, q.Stream)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		w.wait = 0 // it was not this stream that was waited for
		return nil, a.lagging(ctx, q.Model, p, w, missing)
	}
	out.Body, err = read() // it has come meanwhile
	return out, err
}

// answerLate answers a question whose read model does not show all that the caller awaits.
func answerLate[T any](ctx context.Context, a *API, p Session, w Awaited, q Question[T], missing []late) (*Found[T], error) {
	if err := a.stored(ctx, missing); err != nil {
		return nil, err
	}
	lagging := a.lagging(ctx, q.Model, p, w, missing)
	if q.Replay == nil || !w.names(q.Stream) {
		return nil, lagging
	}
	switch err := a.Reach(ctx, q.Stream); {
	case errors.As(err, new(*es.NotFoundError)): // a product is for all to see, and from its events for its owner
		return nil, lagging
	case err != nil:
		return nil, err
	}
	found, err := q.Replay(ctx)
	if err != nil && slices.ContainsFunc(missing, late.isParked) { // what can't be projected may not be to be replayed either
		return nil, lagging
	}
	return &Found[T]{Consistency: strong, Applied: w.applied, Body: found}, err
}
