package annalshttp

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// result is what answers a query, and how much it can be relied on: see [found].
type result struct {
	consistency, applied string
	body                 any
}

func (r *result) answer() *answer {
	return &answer{status: http.StatusOK, body: r.body, headers: map[string]string{
		"Consistency": r.consistency, "Preference-Applied": r.applied,
	}}
}

// strong marks what comes from the events.
const strong = "strong"

// question is what a query asks of a read model.
type question struct {
	model  string      // the read model's name
	stream es.StreamID // the one that the answer is about; zero = it is about many
	// replay answers from the stream's events. nil = that can't be.
	replay func(context.Context) (any, error)
}

// answerFrom answers a question by read, from a read model that shows what the caller awaits. Where it does not in
// time, who owns the stream in question is answered from its events, and others are told that it is not there yet. So
// are those who await nothing, where the read model has nothing of a stream that exists.
//
// Errors: [Problem], a 202 for what is not there yet; [es.NotFoundError]; those of read, of replay, of progress, of the
// event store.
func (e *edge) answerFrom(
	ctx context.Context, p session, w awaited, q question, read func() (any, error),
) (*result, error) {
	missing, err := w.await(ctx, p)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return e.answerLate(ctx, p, w, q, missing)
	}
	out := &result{applied: w.applied}
	out.body, err = read()
	if !errors.As(err, new(*es.NotFoundError)) || q.stream == (es.StreamID{}) {
		return out, err
	}
	missing, err = e.unprojected(ctx, p, q.stream)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		w.wait = 0 // it was not this stream that was waited for
		return nil, e.lagging(ctx, q.model, p, w, missing)
	}
	out.body, err = read() // it has come in between
	return out, err
}

// answerLate answers a question whose read model does not show all that the caller awaits.
func (e *edge) answerLate(ctx context.Context, p session, w awaited, q question, missing []late) (*result, error) {
	if err := e.stored(ctx, missing); err != nil {
		return nil, err
	}
	lagging := e.lagging(ctx, q.model, p, w, missing)
	if q.replay == nil || !w.names(q.stream) {
		return nil, lagging
	}
	switch err := e.reach(ctx, q.stream); {
	case errors.As(err, new(*es.NotFoundError)): // what all may see is answered from its events for its owner alone
		return nil, lagging
	case err != nil:
		return nil, err
	}
	body, err := q.replay(ctx)
	if err != nil && slices.ContainsFunc(missing, late.isParked) { // what can't be projected may fail here, too
		return nil, lagging
	}
	return &result{consistency: strong, applied: w.applied, body: body}, err
}
