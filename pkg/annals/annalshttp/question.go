package annalshttp

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// result is the result of a query and the values of its headers: see [found].
type result struct {
	consistency, applied string
	body                 any
}

func (r *result) answer() *answer {
	return &answer{status: http.StatusOK, body: r.body, headers: map[string]string{
		"Consistency": r.consistency, "Preference-Applied": r.applied,
	}}
}

// strong is the value of the header Consistency for an answer that was made from the events.
const strong = "strong"

// question is what a query asks of a read model.
type question struct {
	model  string      // the read model's name
	stream es.StreamID // the stream that the answer is about; zero for an answer about many
	// replay answers from the stream's events. nil if this query can't be answered from events.
	replay func(context.Context) (any, error)
}

// answerFrom answers a question with read, once the read model shows the awaited versions. If the wait ends before
// that, the owner of the stream gets an answer from its events, and other callers get a [Problem] with status 202. A
// caller who awaits nothing gets the same problem if the stream exists and the read model has no row for it yet.
//
// Errors: [Problem] with status 202; [es.NotFoundError]; those of read, of replay, of Progress, of the event store.
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
		w.wait = 0 // the request did not wait for this stream
		return nil, e.lagging(ctx, q.model, p, w, missing)
	}
	out.body, err = read() // the row was written after the first read
	return out, err
}

// answerLate answers a question whose read model does not show all versions that the caller awaits.
func (e *edge) answerLate(ctx context.Context, p session, w awaited, q question, missing []late) (*result, error) {
	if err := e.stored(ctx, missing); err != nil {
		return nil, err
	}
	lagging := e.lagging(ctx, q.model, p, w, missing)
	if q.replay == nil || !w.names(q.stream) {
		return nil, lagging
	}
	switch err := e.reach(ctx, q.stream); {
	case errors.As(err, new(*es.NotFoundError)): // only owners are answered from events, also for public aggregates
		return nil, lagging
	case err != nil:
		return nil, err
	}
	body, err := q.replay(ctx)
	if err != nil && slices.ContainsFunc(missing, late.isParked) { // the fold that failed there may fail here
		return nil, lagging
	}
	return &result{consistency: strong, applied: w.applied, body: body}, err
}
