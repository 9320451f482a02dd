package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/readmodel"
)

// document is an answer with one thing in it. It says how much the thing can be relied on.
type document[T any] struct {
	Consistency string `header:"Consistency" doc:"strong = from the events; provisional = from the events, and so young that it may still change; absent = from the read model"`
	Applied     string `header:"Preference-Applied" doc:"The wait that was preferred, where it counted for something"`
	Body        T
}

// strong marks what comes from the events.
const strong = "strong"

// question is what a query asks of a read model.
type question[T any] struct {
	// model is the read model's name.
	model string
	// cursor is where a list goes on, in the generation of the read model in which it began.
	cursor string
	// stream is the one that the answer is about. Zero = it is about many.
	stream es.StreamID
	// customer is whose the answer is, "" = it is not about a customer.
	customer string
	// read answers in a session of the read model.
	read func(context.Context, *readmodel.Session) (T, error)
	// replay answers from the stream's events. nil = that can't be.
	replay func(context.Context) (T, error)
}

// ask answers a question in one session of its read model.
//
// Errors: [es.NotFoundError] for what is another's; those of answerFrom; [projection.ErrCursor] and others of the session.
func ask[T any](ctx context.Context, a *api, w awaited, q question[T]) (*document[T], error) {
	if err := a.readable(ctx, q.stream); err != nil {
		return nil, err
	}
	if q.customer != "" && !unbound(ctx) && !owns(ctx, q.customer) {
		return nil, newProblem(http.StatusNotFound, "not-found", "customer "+q.customer+" not found")
	}
	var err error
	if w.streams, err = a.visible(ctx, w.streams); err != nil {
		return nil, err
	}
	s, err := a.models.Session(ctx, q.model, q.cursor)
	if err != nil {
		return nil, err
	}
	return answerFrom(ctx, a, s, w, q, func() (T, error) { return q.read(ctx, s) })
}

// answerFrom answers a question by read, from a read model that shows what the caller awaits. Where it does not in time, who
// owns the stream in question is answered from its events, and others are told that it is not there yet. So are those who
// await nothing, where the read model has nothing of a stream that exists.
//
// Errors: [Problem], a 202 for what is not there yet; [es.NotFoundError]; those of read, of replay, of progress, of the
// event store.
func answerFrom[T any](
	ctx context.Context, a *api, p progress, w awaited, q question[T], read func() (T, error),
) (*document[T], error) {
	missing, err := w.await(ctx, p)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return answerLate(ctx, a, w, q, missing)
	}
	out := &document[T]{Applied: w.applied}
	out.Body, err = read()
	if !errors.As(err, new(*es.NotFoundError)) || q.stream == (es.StreamID{}) {
		return out, err
	}
	missing, err = a.unprojected(ctx, p, q.stream)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		w.wait = 0 // it was not this stream that was waited for
		return nil, a.lagging(ctx, q.model, w, missing)
	}
	out.Body, err = read() // it has come meanwhile
	return out, err
}

// answerLate answers a question whose read model does not show all that the caller awaits.
func answerLate[T any](ctx context.Context, a *api, w awaited, q question[T], missing []late) (*document[T], error) {
	if err := a.stored(ctx, missing); err != nil {
		return nil, err
	}
	lagging := a.lagging(ctx, q.model, w, missing)
	if q.replay == nil || !w.names(q.stream) {
		return nil, lagging
	}
	switch err := a.reach(ctx, q.stream); {
	case errors.As(err, new(*es.NotFoundError)): // a product is for all to see, and from its events for its owner
		return nil, lagging
	case err != nil:
		return nil, err
	}
	found, err := q.replay(ctx)
	if err != nil && slices.ContainsFunc(missing, late.isParked) { // what can't be projected may not be to be replayed either
		return nil, lagging
	}
	return &document[T]{Consistency: strong, Applied: w.applied, Body: found}, err
}
