package httpapi

import (
	"context"

	"github.com/annals-es/annals/internal/httpapi/route"
	"github.com/annals-es/annals/pkg/es"
)

// oneAt is the input of a query for one thing, now or at a point in its past.
type oneAt struct {
	Querying
	ID      ID      `path:"id"`
	Version int64   `query:"version" minimum:"1" doc:"As it was at this version"`
	AsOf    Instant `query:"asOf" example:"2026-01-31T12:00:00Z" doc:"As it was recorded at this instant (RFC 3339, no finer than a microsecond)"`
}

// GetPast registers a query for what the id in the path names: from its read model, or, at a point in the past, from the
// event store.
func GetPast[S Session, T any](
	v Views[S], route route.Route, from Source,
	now func(S, context.Context, string) (T, error), past func(context.Context, es.Reader, string, es.Point) (T, error),
) {
	ServeQuery(v.API, route, func(ctx context.Context, in *oneAt, w Awaited) (*Found[T], error) {
		id := string(in.ID)
		point, err := in.point()
		if err != nil {
			return nil, err
		}
		if point != (es.Point{}) {
			if err := v.readable(ctx, from.of(id)); err != nil {
				return nil, err
			}
			return replayed(ctx, v.API, point, id, past)
		}
		return Ask(ctx, v, w, Question[T]{
			Model: from.Model, Stream: from.of(id),
			Replay: func(ctx context.Context) (T, error) { return past(ctx, v.events, id, es.Point{}) },
		}, func(ctx context.Context, s S) (T, error) { return now(s, ctx, id) })
	})
}

// replayed answers from the event store.
func replayed[T any](
	ctx context.Context, a *API, point es.Point, id string, past func(context.Context, es.Reader, string, es.Point) (T, error),
) (*Found[T], error) {
	found, err := past(ctx, a.events, id, point)
	out := &Found[T]{Consistency: strong, Body: found}
	if point.Provisional(a.cfg.Now()) {
		out.Consistency = "provisional"
	}
	return out, err
}

// point is the point asked for, the zero Point for now.
func (in *oneAt) point() (es.Point, error) {
	p := es.Point{Version: in.Version}
	if in.AsOf == "" {
		return p, nil
	}
	if in.Version > 0 {
		return p, invalidField("query.asOf", "give a version or an instant, not both")
	}
	var err error
	p.AsOf, err = in.AsOf.time("query.asOf")
	return p, err
}
